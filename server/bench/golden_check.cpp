#include "server/bench/golden_check.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/bench/golden_verdict.h"
#include "server/bench/run_executor.h"
#include "server/bench/run_result.h"
#include "server/boards/agent_identity.h"
#include "server/model/reference_run.h"

namespace tinyrig::bench {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr char kName[] = "digits";
constexpr std::uint32_t kSeed = 1;
// The least of them counts: on a shared host most may be disturbed.
constexpr std::uint32_t kIterations = 10;
constexpr std::uint32_t kSilenceTimeoutMs = 10'000;
constexpr char kAnswers[] = "agent answers, build and counter are right";

// A check shows its steps and ends when the keeper does; it belongs to no run.
class Observer final : public RunObserver {
 public:
  explicit Observer(const boards::BoardUnderCheck& board) : board_(board) {}
  void on_state(v1::RunState) override {}
  void on_step(const std::string& step, double progress) override {
    board_.on_step(absl::StrCat("golden model: ", step), progress);
  }
  void on_log(const std::string& level, const std::string& text) override { board_.log(level, text); }
  void on_slot_write() override { board_.on_slot_write(); }
  bool cancelled() const override { return board_.closed(); }

 private:
  const boards::BoardUnderCheck& board_;
};

bool cannot_run_it(const absl::Status& status) {
  static const std::set<std::string> kReasons = {"MODEL_TOO_LARGE_FOR_RAM", "MODEL_TOO_LARGE_FOR_SLOT",
                                                 "ARENA_TOO_SMALL", "MODEL_UNSUPPORTED_BY_RUNTIME"};
  return kReasons.contains(reason_of(status));
}

}  // namespace

absl::StatusOr<std::unique_ptr<GoldenCheck>> GoldenCheck::make(store::Store& store, const Clock& clock,
                                                               const std::vector<std::string>& relearn) {
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<store::GoldenLatency> recorded, store.golden_latencies());
  std::set<std::string> types;
  for (const store::GoldenLatency& latency : recorded) types.insert(latency.board_type);
  for (const std::string& type : relearn) {
    if (types.contains(type)) continue;
    return make_error(absl::StatusCode::kInvalidArgument, "RELEARN_UNKNOWN",
                      absl::StrCat("--relearn ", type, ": nothing is recorded of this board type; recorded are: ",
                                   types.empty() ? "none" : absl::StrJoin(types, ", ")),
                      "Leave the option away: the next check of such a board records what it takes.");
  }
  std::unique_ptr<GoldenCheck> check(new GoldenCheck(store, clock));
  for (const std::string& type : relearn) store.forget_golden_latencies(type, nullptr);
  for (const store::GoldenLatency& latency : recorded) {
    if (std::find(relearn.begin(), relearn.end(), latency.board_type) != relearn.end()) continue;
    check->latencies_[{latency.board_type, latency.build_id, latency.packed_sha256}] = latency;
  }
  return check;
}

absl::StatusOr<GoldenCheck::Golden> GoldenCheck::golden_for(const v1::AgentRuntime& runtime) {
  TINYRIG_ASSIGN_OR_RETURN(const packed::Core core, core_to_pack_for(runtime));
  const std::pair key(runtime.model_format(), runtime.core());
  const std::lock_guard lock(mutex_);
  if (const auto known = golden_.find(key); known != golden_.end()) return known->second;
  absl::StatusOr<model::PackedModel> packed = model::pack_tflite(golden_tflite(), core);
  if (!packed.ok()) return packed.status();
  const absl::StatusOr<model::ReferenceRun> reference = model::reference_run(packed->reference_image(), kSeed);
  if (!reference.ok()) return reference.status();
  Golden golden;
  golden.model.set_name(kName);
  v1::ExpectedOutput& expected = *golden.model.add_expected_outputs();
  expected.set_seed(kSeed);
  expected.set_output_fnv1a32(reference->output_fnv1a32);
  for (const std::uint32_t hash : reference->operator_fnv1a32) expected.add_operator_fnv1a32(hash);
  golden.runtime_model.runtime = runtime;
  golden.runtime_model.packed = std::make_shared<const model::PackedModel>(*std::move(packed));
  if (runtime.model_format() == v1::MODEL_FORMAT_TFLITE) {
    const std::span<const std::uint8_t> file = golden_tflite();
    golden.runtime_model.tflite = std::make_shared<const std::string>(file.begin(), file.end());
  }
  golden.sent_sha256 = model::sha256_hex(golden.runtime_model.bytes());
  return golden_[key] = std::move(golden);
}

store::GoldenLatency GoldenCheck::recorded_or(store::GoldenLatency latency) {
  const std::lock_guard lock(mutex_);
  const auto [known, first] =
      latencies_.try_emplace({latency.board_type, latency.build_id, latency.packed_sha256}, latency);
  // Refused by a full disk, it is recorded again after the next start.
  if (first) store_.record_golden_latency(std::move(latency), nullptr);
  return known->second;
}

awaitable<absl::StatusOr<boards::Proof>> GoldenCheck::prove(const boards::BoardUnderCheck& board) {
  const agent::v1::HelloReply hello = *board.session.board();
  const v1::AgentIdentity agent = boards::identity_of(hello);
  if (agent.runtimes().empty()) {
    co_return make_error(absl::StatusCode::kFailedPrecondition, "NO_RUNTIME", "the agent announces no runtime",
                         "Flash an agent of this server's version.");
  }
  const absl::StatusOr<Golden> golden = golden_for(agent.runtimes(0));
  if (!golden.ok()) co_return golden.status();
  RunRequest request;
  request.model = golden->model;
  request.runtime_model = golden->runtime_model;
  request.measurements = {v1::MEASUREMENT_LATENCY};
  request.settings.set_sessions(1);
  request.settings.set_warmup(1);
  request.settings.set_iterations(kIterations);
  request.settings.set_input_seed(kSeed);
  request.settings.set_silence_timeout_ms(kSilenceTimeoutMs);
  Observer observer(board);
  RunBoard run_board{board.session, board.type, board.flasher, /*instrument=*/nullptr, hello, board.calibration_ratio};
  const absl::StatusOr<RunRecording> recording = co_await record_run(std::move(run_board), request, observer);
  if (!recording.ok() && cannot_run_it(recording.status())) {
    co_return boards::Proof{
        v1::HEALTH_DEGRADED,
        absl::StrCat(kAnswers, "; function and speed are unproven: ", std::string(recording.status().message()))};
  }
  if (!recording.ok()) co_return recording.status();
  TINYRIG_CO_RETURN_IF_ERROR(judge_run(*recording, golden->model.expected_outputs(0), *golden->runtime_model.packed));
  if ((hello.capabilities() & agent::v1::CAPABILITY_PACED_INFERENCE) != 0) {
    co_return boards::Proof{v1::HEALTH_GOOD, absl::StrCat(kAnswers,
                                                          ", so are the golden model's outputs; its agent "
                                                          "paces inferences, so that speed says nothing")};
  }
  const std::vector<std::uint64_t>& ticks = recording->sessions.front().latency_ticks;
  store::GoldenLatency latency;
  latency.board_type = board.type.type.id();
  latency.build_id = hello.build_id();
  latency.packed_sha256 = golden->sent_sha256;
  latency.ticks =
      TickScale(board.type, hello.ticks_per_second()).to_unit(*std::min_element(ticks.begin(), ticks.end()));
  latency.board_id = board.board_id;
  latency.recorded = clock_.now();
  TINYRIG_CO_RETURN_IF_ERROR(judge_latency(latency.ticks, recorded_or(latency), board.type.type));
  co_return boards::Proof{v1::HEALTH_GOOD,
                          absl::StrCat(kAnswers, ", so are outputs and speed with the golden model (least of ",
                                       kIterations, ": ", ticks_text(latency.ticks, board.type.type.tick_unit()), ")")};
}

}  // namespace tinyrig::bench
