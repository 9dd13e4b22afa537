// From what an attempt saw to what the run states: units, summaries, overhead, and whether it may be
// trusted. Pure functions.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "server/bench/run_recording.h"
#include "server/bench/runtime_model.h"
#include "server/boards/catalog.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::bench {

// Why no result of an agent that paces its inferences is valid. Alone, it says nothing against the board.
inline constexpr char kPacedReason[] =
    "the agent paces inferences to a stated length: it tests the farm and measures nothing";

// From the board's counter to the unit that results are in: instructions on emulated boards, the counter's
// own ticks elsewhere.
class TickScale {
 public:
  TickScale(const boards::CatalogEntry& board_type, std::uint64_t ticks_per_second);

  std::uint64_t to_unit(std::uint64_t counter_ticks) const;
  // Units per second; 0: instructions, which have no time.
  std::uint64_t units_per_second() const { return instruction_ns_ == 0 ? ticks_per_second_ : 0; }

 private:
  std::uint64_t instruction_ns_;
  std::uint64_t ticks_per_second_;
};

// Raw samples in the result's unit, session by session.
std::vector<v1::SessionSamples> samples_of(const RunRecording& recording, const TickScale& scale);

// `measurements`: what was asked for; others stay unset in the result. `settings`: how.
v1::RunResult make_result(const RunRecording& recording, const boards::CatalogEntry& board_type,
                          const RuntimeModel& model, const std::set<v1::Measurement>& measurements,
                          const v1::RunSettings& settings, const std::string& board_id,
                          const std::string& server_version);

}  // namespace tinyrig::bench
