// The check of function and performance: a board runs the golden model (models/digits.tflite, built in) like
// any other, from reset to result, with the first runtime that its agent carries. Its outputs must be the portable
// kernels', its latency what the first board of its type with this agent and this packed image took.
//
// Thread-safe.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/bench/runtime_model.h"
#include "server/boards/board_check.h"
#include "server/store/store.h"

namespace tinyrig::bench {

// The .tflite, as a file of the project.
std::span<const std::uint8_t> golden_tflite();

class GoldenCheck final : public boards::BoardCheck {
 public:
  // `relearn`: board types of which the recorded latencies are forgotten first. INVALID_ARGUMENT
  // (RELEARN_UNKNOWN) when nothing is recorded of one; the store's errors.
  static absl::StatusOr<std::unique_ptr<GoldenCheck>> make(store::Store& store, const Clock& clock,
                                                           const std::vector<std::string>& relearn);

  // A board that cannot hold the model is DEGRADED, and the proof says how many bytes are missing. Errors:
  // those of golden_verdict.h and record_run().
  boost::asio::awaitable<absl::StatusOr<boards::Proof>> prove(const boards::BoardUnderCheck& board) override;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // board type, build, packed image
  struct Golden {
    RuntimeModel runtime_model;
    std::string sent_sha256;
    v1::Model model;  // with the one expected output
  };

  GoldenCheck(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}
  absl::StatusOr<Golden> golden_for(const v1::AgentRuntime& runtime);
  // What was recorded; the given one when it is the first.
  store::GoldenLatency recorded_or(store::GoldenLatency latency);

  store::Store& store_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::pair<v1::ModelFormat, std::string>, Golden> golden_;  // by format and core; guarded by mutex_
  std::map<Key, store::GoldenLatency> latencies_;                     // guarded by mutex_
};

}  // namespace tinyrig::bench
