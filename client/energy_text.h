// The energy of runs as people read it: one run's in full, or a line for each run of a job. Pure.
#pragma once

#include <string>
#include <vector>

#include "tinyrig/v1/run.pb.h"

namespace tinyrig::client {

/// "measured by ppk2 at 3300 mV, 100,000 samples/s", or "modelled: ..."
std::string energy_method(const v1::EnergyResult& energy);

/// "812.3 uJ per inference", with " (modelled)" and " INVALID" where it is so.
std::string energy_line(const v1::RunResult& result);

/// The part of `run show`: begins with an empty line; "" when the result has none.
std::string energy_section(const v1::RunResult& result);

/// `energy show`: which run, whether its numbers may be trusted, and the section.
std::string energy_text(const v1::Run& run);

/// A line per run that has energy; "" when none has.
std::string energy_table(const std::vector<v1::Run>& runs);

/// Why a run has no energy, and what to do.
struct EnergyMissing {
  std::string message;
  std::string hint;
};
EnergyMissing energy_missing(const v1::Run& run);

}  // namespace tinyrig::client
