#include "server/bench/run_executor.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/bench/energy_plan.h"
#include "server/boards/agent_hello.h"
#include "server/model/fit.h"
#include "server/model/reference_run.h"
#include "server/model/too_large.h"
#include "wire/packed_model/format.h"

namespace tinyrig::bench {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using link::AgentSession;

constexpr std::chrono::seconds kHelloTimeout{20};
constexpr std::uint32_t kProfileIterations = 3;
// What an idle board takes is measured in these pauses.
constexpr std::chrono::milliseconds kIdleBetweenWindows{50};
constexpr std::chrono::milliseconds kInstrumentPatience{5'000};

// One run under way: what its steps share.
class Execution {
 public:
  Execution(RunBoard board, const RunRequest& request, RunObserver& observer)
      : board_(std::move(board)), session_(board_.session), request_(request), observer_(observer) {
    recording_.hello = board_.hello;
    recording_.calibration_ratio = board_.calibration_ratio;
    // Upload, verification, each session, profile, energy: shares of the progress that people see.
    steps_total_ = 2.0 + request_.settings.sessions() + (wants(v1::MEASUREMENT_PROFILE) ? 1.0 : 0.0) +
                   (wants(v1::MEASUREMENT_ENERGY) ? 1.0 : 0.0);
  }

  awaitable<absl::StatusOr<RunRecording>> run() {
    observer_.on_state(v1::RUN_STATE_PREPARING);
    session_.limit_window_silence(std::chrono::milliseconds(request_.settings.silence_timeout_ms()));
    if (wants(v1::MEASUREMENT_ENERGY)) TINYRIG_CO_RETURN_IF_ERROR(check_instrument());
    TINYRIG_CO_RETURN_IF_ERROR(place());
    TINYRIG_CO_RETURN_IF_ERROR(co_await upload());
    TINYRIG_CO_RETURN_IF_ERROR(co_await load());
    step_done();
    TINYRIG_CO_RETURN_IF_ERROR(co_await verify());
    step_done();

    observer_.on_state(v1::RUN_STATE_MEASURING);
    for (std::uint32_t number = 1; number <= request_.settings.sessions(); ++number) {
      TINYRIG_CO_RETURN_IF_ERROR(co_await measure_session(number));
      step_done();
    }
    if (wants(v1::MEASUREMENT_PROFILE) && !tells_operators_) {
      observer_.on_log("warning", absl::StrCat("runtime ", request_.runtime_model.runtime.name(),
                                               " does not tell its operators: no profile"));
    } else if (wants(v1::MEASUREMENT_PROFILE)) {
      TINYRIG_CO_RETURN_IF_ERROR(co_await profile());
      step_done();
    }
    if (wants(v1::MEASUREMENT_ENERGY)) {
      TINYRIG_CO_RETURN_IF_ERROR(co_await energy());
      step_done();
    }
    observer_.on_state(v1::RUN_STATE_COLLECTING);
    if (wants(v1::MEASUREMENT_MEMORY)) {
      absl::StatusOr<agent::v1::MemoryReport> memory = co_await session_.get_memory();
      if (!memory.ok()) co_return memory.status();
      recording_.memory = *memory;
    }
    co_return std::move(recording_);
  }

 private:
  bool wants(v1::Measurement measurement) const { return request_.measurements.contains(measurement); }
  std::span<const std::uint8_t> image() const { return request_.runtime_model.bytes(); }

  // Tells people what happens next, or how far (0..1) it has come within; ends a cancelled run here.
  absl::Status begin(const std::string& step, double within = 0) {
    if (observer_.cancelled()) return make_error(absl::StatusCode::kCancelled, "CANCELLED", "cancelled by request");
    step_ = step;
    observer_.on_step(step_, (steps_done_ + within) / steps_total_);
    return absl::OkStatus();
  }
  void step_done() { steps_done_ += 1; }
  AgentSession::Progress progress() {
    return [this](std::uint64_t done, std::uint64_t total) {
      const double within = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
      observer_.on_step(step_, (steps_done_ + within) / steps_total_);
    };
  }

  // Where the image goes, by what the board itself says it has.
  absl::Status place() {
    const agent::v1::HelloReply& hello = board_.hello;
    const RuntimeModel& model = request_.runtime_model;
    const model::BoardMemory memory =
        memory_for(model, hello.model_ram_bytes(), hello.model_slot_bytes(), agent_writes_slot());
    const std::optional<model::TooLarge> why =
        model::too_large(request_.model.name(), board_.type.type.id(), image().size(), model.arena_bytes(), memory);
    if (why.has_value()) {
      return make_error(absl::StatusCode::kResourceExhausted, why->reason, why->message,
                        "Use a board with more memory or a smaller model; `tinyrig boards` shows what there is.");
    }
    const model::Fit fit = model::fit_model(image().size(), model.arena_bytes(), memory);
    in_slot_ = fit.placement == model::ModelPlacement::kSlot;
    recording_.placement = in_slot_ ? "flash_slot" : "ram";
    return absl::OkStatus();
  }

  agent::v1::Destination destination() const {
    return in_slot_ ? agent::v1::DESTINATION_MODEL_SLOT : agent::v1::DESTINATION_MODEL_RAM;
  }

  bool agent_writes_slot() const { return (board_.hello.capabilities() & agent::v1::CAPABILITY_WRITE_SLOT) != 0; }

  // As far as the HELLO tells, which is for packed models alone; of others upload() asks.
  bool slot_holds_image() const {
    if (request_.runtime_model.tflite != nullptr) return false;
    packed::Header header;
    std::memcpy(&header, image().data(), sizeof(header));
    const agent::v1::HelloReply& hello = *session_.board();
    return hello.slot_image_bytes() == header.image_bytes && hello.slot_image_crc32() == header.crc32;
  }

  // Brings the image onto the board; what is there already is not sent again.
  awaitable<absl::Status> upload() {
    TINYRIG_CO_RETURN_IF_ERROR(begin(in_slot_ ? "model to flash" : "model to RAM"));
    if (in_slot_ && slot_holds_image()) co_return absl::OkStatus();
    if (in_slot_ && !agent_writes_slot()) {
      TINYRIG_CO_RETURN_IF_ERROR(co_await flash_slot());
      co_return absl::OkStatus();
    }
    AgentSession::Progress report = [this, counted = !in_slot_](std::uint64_t done, std::uint64_t total) mutable {
      // What goes on where it had stopped erases nothing.
      if (!counted && session_.resumed_from_bytes() == 0) {
        counted = true;
        observer_.on_slot_write();
      }
      progress()(done, total);
    };
    absl::Status uploaded = co_await session_.upload(destination(), image(), report, /*resume=*/true);
    co_return uploaded;
  }

  awaitable<absl::Status> flash_slot() {
    if (board_.flasher == nullptr || !board_.type.slot.has_value()) {
      co_return make_error(absl::StatusCode::kFailedPrecondition, "FLASHER_MISSING",
                           "the model must go to a flash slot that only a flasher writes, and the board has none",
                           "Give the board a 'flasher' in the farm file.");
    }
    flash::FirmwareImage slot;
    flash::Segment segment;
    segment.address = static_cast<std::uint32_t>(board_.type.slot->address);
    segment.bytes.assign(image().begin(), image().end());
    slot.segments.push_back(std::move(segment));
    flash::Progress report = [this](std::size_t done, std::size_t total) { progress()(done, total); };
    observer_.on_slot_write();
    absl::StatusOr<flash::FlashReport> flashed = co_await board_.flasher->flash(slot, report);
    if (!flashed.ok()) co_return flashed.status();
    TINYRIG_CO_RETURN_IF_ERROR(co_await hello());
    if (!slot_holds_image()) {
      co_return make_error(absl::StatusCode::kDataLoss, "SLOT_MISMATCH",
                           "the model slot does not hold what the flasher wrote");
    }
    co_return absl::OkStatus();
  }

  // A new session with the agent that the run began with.
  awaitable<absl::Status> hello() {
    absl::StatusOr<agent::v1::HelloReply> reply =
        co_await boards::say_hello(session_, board_.type, boards::Speed::kAfterReset, kHelloTimeout);
    if (!reply.ok()) co_return reply.status();
    if (reply->build_id() != board_.hello.build_id() || reply->unit_id() != board_.hello.unit_id()) {
      co_return make_error(absl::StatusCode::kAborted, "BOARD_CHANGED",
                           "another agent or unit answers on this port than when the run began");
    }
    co_return absl::OkStatus();
  }

  awaitable<absl::Status> load() {
    absl::StatusOr<agent::v1::ModelInfo> info = co_await session_.load_model(destination());
    if (!info.ok()) co_return info.status();
    const std::size_t operators = request_.runtime_model.packed->operators.size();
    tells_operators_ = info->operator_count() == operators;
    const bool tells_none = info->operator_count() == 0 && request_.runtime_model.tflite != nullptr;
    if (!tells_operators_ && !tells_none) {
      co_return make_error(absl::StatusCode::kInternal, "MODEL_MISMATCH",
                           "the board loaded another model than was sent");
    }
    co_return absl::OkStatus();
  }

  // Outputs first: numbers of a wrong computation are worth nothing.
  awaitable<absl::Status> verify() {
    std::vector<v1::ExpectedOutput> expected(request_.model.expected_outputs().begin(),
                                             request_.model.expected_outputs().end());
    v1::Verification& verification = recording_.verification;
    verification.set_first_wrong_operator(-1);
    verification.set_against(v1::Verification::AGAINST_EXPECTED);
    if (expected.empty()) {
      verification.set_against(v1::Verification::AGAINST_REFERENCE);
      const absl::StatusOr<v1::ExpectedOutput> reference = reference_output(request_.settings.input_seed());
      if (!reference.ok()) co_return reference.status();
      expected.push_back(*reference);
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
      // One step with progress: names that differ would all be logged.
      TINYRIG_CO_RETURN_IF_ERROR(
          begin("verifying outputs", static_cast<double>(i) / static_cast<double>(expected.size())));
      TINYRIG_CO_RETURN_IF_ERROR(co_await verify_one(expected[i]));
    }
    co_return absl::OkStatus();
  }

  absl::StatusOr<v1::ExpectedOutput> reference_output(std::uint32_t seed) const {
    const absl::StatusOr<model::ReferenceRun> run =
        model::reference_run(request_.runtime_model.packed->reference_image(), seed);
    if (!run.ok()) return run.status();
    v1::ExpectedOutput expected;
    expected.set_seed(seed);
    expected.set_output_fnv1a32(run->output_fnv1a32);
    for (const std::uint32_t hash : run->operator_fnv1a32) expected.add_operator_fnv1a32(hash);
    return expected;
  }

  awaitable<absl::Status> verify_one(const v1::ExpectedOutput& expected) {
    TINYRIG_CO_RETURN_IF_ERROR(co_await session_.set_input_seed(expected.seed()));
    absl::StatusOr<agent::v1::InferDone> done = co_await session_.infer(/*hash_operators=*/false);
    if (!done.ok()) co_return done.status();
    v1::Verification& verification = recording_.verification;
    verification.set_inputs_checked(verification.inputs_checked() + 1);
    verification.set_output_fnv1a32(done->output_fnv1a32());
    if (done->output_fnv1a32() == expected.output_fnv1a32()) {
      verification.set_inputs_matched(verification.inputs_matched() + 1);
      co_return absl::OkStatus();
    }
    observer_.on_log("error", absl::StrCat("outputs differ from the expected ones for input seed ", expected.seed()));
    const bool can_tell_where = tells_operators_ && !expected.operator_fnv1a32().empty();
    if (!can_tell_where || verification.first_wrong_operator() >= 0) co_return absl::OkStatus();
    // Again, with a hash of every operator's output: where does it go wrong?
    TINYRIG_CO_RETURN_IF_ERROR(co_await session_.set_input_seed(expected.seed()));
    absl::StatusOr<agent::v1::InferDone> detail = co_await session_.infer(/*hash_operators=*/true);
    if (!detail.ok()) co_return detail.status();
    const int known = std::min(detail->operator_fnv1a32_size(), expected.operator_fnv1a32_size());
    for (int i = 0; i < known; ++i) {
      const std::uint32_t hash = detail->operator_fnv1a32(i);
      if (hash == 0 || hash == expected.operator_fnv1a32(i)) continue;  // 0: the runtime cannot show it
      verification.set_first_wrong_operator(i);
      break;
    }
    co_return absl::OkStatus();
  }

  // Reset, load, measure: one session.
  awaitable<absl::Status> measure_session(std::uint32_t number) {
    const std::string name = absl::StrCat("session ", number, " of ", request_.settings.sessions());
    TINYRIG_CO_RETURN_IF_ERROR(begin(absl::StrCat(name, ": reset and load")));
    TINYRIG_CO_RETURN_IF_ERROR(co_await session_.reset());
    TINYRIG_CO_RETURN_IF_ERROR(co_await hello());
    TINYRIG_CO_RETURN_IF_ERROR(co_await upload());
    TINYRIG_CO_RETURN_IF_ERROR(co_await load());
    TINYRIG_CO_RETURN_IF_ERROR(co_await session_.set_input_seed(request_.settings.input_seed()));
    Session& session = recording_.sessions.emplace_back();
    if (!wants(v1::MEASUREMENT_LATENCY)) {
      absl::StatusOr<agent::v1::InferDone> done = co_await session_.infer(/*hash_operators=*/false);
      if (!done.ok()) co_return done.status();
      session.output_fnv1a32 = done->output_fnv1a32();
      co_return absl::OkStatus();
    }
    const std::uint32_t capacity = std::max<std::uint32_t>(board_.hello.max_samples(), 1);
    std::uint32_t warmup = request_.settings.warmup();
    std::uint32_t left = request_.settings.iterations();
    while (left > 0) {
      TINYRIG_CO_RETURN_IF_ERROR(begin(absl::StrCat(name, ": measuring")));
      const std::uint32_t batch = std::min(left, capacity);
      absl::StatusOr<link::LatencyResult> latency = co_await session_.measure_latency(warmup, batch);
      if (!latency.ok()) co_return latency.status();
      session.latency_ticks.insert(session.latency_ticks.end(), latency->ticks.begin(), latency->ticks.end());
      session.interrupts += latency->done.interrupts();
      session.output_fnv1a32 = latency->done.output_fnv1a32();
      warmup = 0;
      left -= batch;
    }
    co_return absl::OkStatus();
  }

  awaitable<absl::Status> profile() {
    TINYRIG_CO_RETURN_IF_ERROR(begin("profiling operators"));
    TINYRIG_CO_RETURN_IF_ERROR(co_await session_.set_input_seed(request_.settings.input_seed()));
    if (!wants(v1::MEASUREMENT_LATENCY)) {
      absl::StatusOr<link::LatencyResult> clean = co_await session_.measure_latency(/*warmup=*/1, kProfileIterations);
      if (!clean.ok()) co_return clean.status();
      recording_.profile_clean_ticks = std::move(clean->ticks);
      recording_.profile_interrupts = clean->done.interrupts();
    }
    absl::StatusOr<link::ProfileResult> profile = co_await session_.measure_profile(kProfileIterations);
    if (!profile.ok()) co_return profile.status();
    recording_.profile = std::move(profile->iterations);
    recording_.profile_interrupts += profile->done.interrupts();
    recording_.counter_read_ticks = profile->done.counter_read_ticks();
    co_return absl::OkStatus();
  }

  absl::Status check_instrument() const {
    if (board_.instrument == nullptr) {
      return make_error(absl::StatusCode::kFailedPrecondition, "INSTRUMENT_MISSING",
                        "the board has no instrument that measures energy",
                        "Wire one to it and name it as 'instrument' in the farm file (docs/energy.md).");
    }
    if ((board_.hello.capabilities() & agent::v1::CAPABILITY_TRIGGER) == 0) {
      return make_error(absl::StatusCode::kFailedPrecondition, "TRIGGER_MISSING",
                        "the agent has no trigger that shows the instrument when it measures",
                        "Flash an agent of this version; docs/porting.md says which ports have a trigger.");
    }
    return absl::OkStatus();
  }

  awaitable<absl::Status> energy() {
    TINYRIG_CO_RETURN_IF_ERROR(begin("measuring energy"));
    TINYRIG_CO_RETURN_IF_ERROR(co_await session_.set_input_seed(request_.settings.input_seed()));
    // How long an inference takes: of a window of one.
    absl::StatusOr<agent::v1::EnergyDone> one = co_await session_.measure_energy(1);
    if (!one.ok()) co_return one.status();
    const absl::StatusOr<EnergyPlan> plan = plan_energy(request_.settings, board_.type.type.timing_source(),
                                                        one->window_ticks(), board_.hello.ticks_per_second());
    if (!plan.ok()) co_return plan.status();
    absl::Status recorded = co_await record_energy(*plan);
    if (!recorded.ok()) {
      // Nothing of it is wanted; the instrument is silent again for who comes next.
      (void)co_await board_.instrument->stop();
      co_return recorded;
    }
    absl::StatusOr<power::Capture> capture = co_await board_.instrument->stop();
    if (!capture.ok()) co_return capture.status();
    recording_.energy.capture = *std::move(capture);
    co_return absl::OkStatus();
  }

  awaitable<absl::Status> record_energy(EnergyPlan plan) {
    TINYRIG_CO_RETURN_IF_ERROR(co_await board_.instrument->start());
    TINYRIG_CO_RETURN_IF_ERROR(
        co_await board_.instrument->wait_for_windows(0, kIdleBetweenWindows, kInstrumentPatience));
    for (std::uint32_t number = 1; number <= plan.windows; ++number) {
      TINYRIG_CO_RETURN_IF_ERROR(
          begin("measuring energy", static_cast<double>(number - 1) / static_cast<double>(plan.windows)));
      absl::StatusOr<agent::v1::EnergyDone> done = co_await session_.measure_energy(plan.inferences);
      if (!done.ok()) co_return done.status();
      recording_.energy.windows.push_back(*done);
      // A simulated one shows the window after the board is through with it, as long as it was.
      TINYRIG_CO_RETURN_IF_ERROR(co_await board_.instrument->wait_for_windows(
          number, kIdleBetweenWindows,
          kInstrumentPatience + window_length(done->window_ticks(), board_.hello.ticks_per_second())));
    }
    co_return absl::OkStatus();
  }

  RunBoard board_;
  AgentSession& session_;
  const RunRequest& request_;
  RunObserver& observer_;
  RunRecording recording_;
  bool in_slot_ = false;
  bool tells_operators_ = false;
  std::string step_;
  double steps_done_ = 0;
  double steps_total_ = 1;
};

}  // namespace

awaitable<absl::StatusOr<RunRecording>> record_run(RunBoard board, const RunRequest& request, RunObserver& observer) {
  Execution execution(std::move(board), request, observer);
  absl::StatusOr<RunRecording> recording = co_await execution.run();
  co_return recording;
}

}  // namespace tinyrig::bench
