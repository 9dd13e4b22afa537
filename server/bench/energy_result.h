// From an instrument's recording and what the agent said of its windows to the energy of an inference, and whether it
// may be trusted (docs/energy.md has the formulas). Pure.
#pragma once

#include <string>
#include <vector>

#include "server/bench/run_recording.h"
#include "server/boards/catalog.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::bench {

struct EnergyStatement {
  v1::EnergyResult result;
  // Each broken rule in words.
  std::vector<std::string> broken_rules;
};

EnergyStatement energy_of(const RunRecording& recording, const boards::CatalogEntry& board_type,
                          const v1::RunSettings& settings);

}  // namespace tinyrig::bench
