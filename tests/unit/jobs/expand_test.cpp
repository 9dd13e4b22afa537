#include "server/jobs/expand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/error.h"

namespace tinyrig::jobs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

v1::AgentRuntime runtime(const std::string& name) {
  v1::AgentRuntime runtime;
  runtime.set_name(name);
  runtime.set_version("1.0");
  return runtime;
}

v1::Board board(const std::string& id, const std::string& type, std::initializer_list<const char*> labels = {}) {
  v1::Board board;
  board.set_id(id);
  board.set_board_type(type);
  for (const char* label : labels) board.add_labels(label);
  for (const char* name : {"tinyrig", "portable"}) *board.mutable_agent()->add_runtimes() = runtime(name);
  return board;
}

class ExpandTest : public testing::Test {
 protected:
  ExpandTest() {
    for (const char* id : {"an386", "an500", "microbit"}) {
      v1::BoardType& type = context_.types.emplace_back();
      type.set_id(id);
      context_.usual_runtimes[id] = {runtime("tinyrig"), runtime("portable")};
    }
    context_.boards = {board("emu-386-1", "an386", {"fast"}), board("emu-386-2", "an386"),
                       board("emu-500-1", "an500", {"fast", "new"}), board("emu-micro", "microbit")};
    context_.find_model = [](const std::string& name) -> absl::StatusOr<v1::Model> {
      v1::Model model;
      if (name == "kws" || name == "aaaaaaaa") {
        model.set_name("kws");
        model.set_sha256("a");
      } else if (name == "vww") {
        model.set_name("vww");
        model.set_sha256("b");
      } else {
        return make_error(absl::StatusCode::kNotFound, "MODEL_UNKNOWN", "no model " + name + "; registered: kws, vww");
      }
      return model;
    };
    context_.fits = [this](const v1::Model& model, const v1::BoardType& type,
                           const v1::AgentRuntime& runtime) -> absl::StatusOr<std::optional<Misfit>> {
      ++fit_checks_;
      if (model.name() == "vww" && type.id() == "an500" && runtime.name() == "portable") {
        return Misfit{"MODEL_TOO_LARGE_FOR_RAM", 16, "vww needs 16 bytes more than an500 has"};
      }
      if (model.name() != "vww" || type.id() != "microbit") return std::nullopt;
      return Misfit{"MODEL_TOO_LARGE_FOR_RAM", 4096, "vww needs 4096 bytes more than microbit has"};
    };
  }

  static v1::JobSpec spec(std::initializer_list<const char*> models, std::initializer_list<const char*> boards) {
    v1::JobSpec spec;
    for (const char* model : models) spec.add_models(model);
    for (const char* selector : boards) spec.add_boards(selector);
    return spec;
  }

  /// "model@type", with "=board" when pinned and "#label" when labelled.
  std::vector<std::string> cells(const v1::JobSpec& job_spec) {
    const auto plan = expand(job_spec, context_);
    EXPECT_TRUE(plan.ok()) << plan.status();
    std::vector<std::string> names;
    if (!plan.ok()) return names;
    for (const PlannedRun& run : plan->runs) {
      std::string name = run.model_name + "@" + run.board_type;
      if (!run.pinned_board_id.empty()) name += "=" + run.pinned_board_id;
      if (!run.required_label.empty()) name += "#" + run.required_label;
      if (run.runtime != "tinyrig") name += "/" + run.runtime;
      names.push_back(name);
    }
    return names;
  }

  /// Boards that carry nothing but these; empty: that have not said yet.
  void carry(std::initializer_list<const char*> boards, std::initializer_list<const char*> runtimes) {
    for (const char* id : boards) {
      for (v1::Board& one : context_.boards) {
        if (one.id() != id) continue;
        one.mutable_agent()->clear_runtimes();
        for (const char* name : runtimes) *one.mutable_agent()->add_runtimes() = runtime(name);
      }
    }
  }

  static v1::JobSpec with(v1::JobSpec job_spec, std::initializer_list<const char*> runtimes) {
    for (const char* name : runtimes) job_spec.add_runtimes(name);
    return job_spec;
  }

  void expect_error(const v1::JobSpec& job_spec, absl::StatusCode code, const std::string& reason,
                    const std::string& says) {
    const absl::Status status = expand(job_spec, context_).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(reason_of(status), reason);
    EXPECT_THAT(std::string(status.message()), HasSubstr(says));
  }

  ExpandContext context_;
  int fit_checks_ = 0;
};

TEST_F(ExpandTest, FillsInDefaults) {
  const auto plan = expand(spec({"kws"}, {"an386"}), context_);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->spec.settings().sessions(), 3u);
  EXPECT_EQ(plan->spec.settings().warmup(), 1u);
  EXPECT_EQ(plan->spec.settings().iterations(), 10u);
  EXPECT_EQ(plan->spec.settings().input_seed(), 1u);
  EXPECT_EQ(plan->spec.settings().silence_timeout_ms(), 10'000u);
  EXPECT_THAT(plan->spec.measurements(),
              ElementsAre(v1::MEASUREMENT_LATENCY, v1::MEASUREMENT_PROFILE, v1::MEASUREMENT_MEMORY));
  EXPECT_THAT(plan->spec.runtimes(), ElementsAre("tinyrig"));
  EXPECT_EQ(plan->spec.fit_policy(), v1::FIT_POLICY_FAIL);
}

TEST_F(ExpandTest, ABoardsNamePinsTheUnit) {
  EXPECT_THAT(cells(spec({"kws"}, {"emu-386-2"})), ElementsAre("kws@an386=emu-386-2"));
}

TEST_F(ExpandTest, ATypeIsAnyUnitOnce) { EXPECT_THAT(cells(spec({"kws"}, {"an386"})), ElementsAre("kws@an386")); }

TEST_F(ExpandTest, ALabelIsAnyLabelledUnitOfEachType) {
  EXPECT_THAT(cells(spec({"kws"}, {"label:fast"})), ElementsAre("kws@an386#fast", "kws@an500#fast"));
  EXPECT_THAT(cells(spec({"kws"}, {"label:new"})), ElementsAre("kws@an500#new"));
}

TEST_F(ExpandTest, AllIsAnyUnitOfEachType) {
  EXPECT_THAT(cells(spec({"kws"}, {"all"})), ElementsAre("kws@an386", "kws@an500", "kws@microbit"));
}

TEST_F(ExpandTest, TheSameCellTwiceIsOneRun) {
  EXPECT_THAT(cells(spec({"kws", "aaaaaaaa", "kws"}, {"an386", "an386", "all"})),
              ElementsAre("kws@an386", "kws@an500", "kws@microbit"));
}

TEST_F(ExpandTest, ModelsTimesBoardsTimesRuntimes) {
  EXPECT_THAT(cells(with(spec({"kws", "vww"}, {"an386", "emu-500-1"}), {"portable", "tinyrig", "portable"})),
              ElementsAre("kws@an386/portable", "kws@an386", "kws@an500=emu-500-1/portable", "kws@an500=emu-500-1",
                          "vww@an386/portable", "vww@an386", "vww@an500=emu-500-1/portable", "vww@an500=emu-500-1"));
}

TEST_F(ExpandTest, AllRuntimesAreThoseOfEachTarget) {
  carry({"emu-386-2"}, {"tflm"});
  EXPECT_THAT(cells(with(spec({"kws"}, {"an386", "emu-500-1"}), {"all"})),
              ElementsAre("kws@an386", "kws@an386/portable", "kws@an386/tflm", "kws@an500=emu-500-1",
                          "kws@an500=emu-500-1/portable"));
  EXPECT_THAT(cells(with(spec({"kws"}, {"label:fast"}), {"portable", "all"})),
              ElementsAre("kws@an386#fast/portable", "kws@an386#fast", "kws@an500#fast/portable", "kws@an500#fast"))
      << "the labelled unit carries no tflm";
}

TEST_F(ExpandTest, ARuntimeThatATargetLacksRefusesTheJob) {
  carry({"emu-386-1", "emu-386-2"}, {"tflm"});
  const auto refused = absl::StatusCode::kInvalidArgument;
  expect_error(with(spec({"kws"}, {"all"}), {"tflm"}), refused, "RUNTIME_NOT_CARRIED",
               "no board of an500 that the job may use carries runtime \"tflm\"; emu-500-1: tinyrig 1.0, portable 1.0");
  expect_error(with(spec({"kws"}, {"emu-386-2"}), {"portable"}), refused, "RUNTIME_NOT_CARRIED", "emu-386-2: tflm 1.0");
  expect_error(spec({"kws"}, {"an386"}), refused, "RUNTIME_NOT_CARRIED", "\"tinyrig\"");
  EXPECT_THAT(cells(with(spec({"kws"}, {"an386"}), {"tflm"})), ElementsAre("kws@an386/tflm"));
}

TEST_F(ExpandTest, ARuntimeThatATargetLacksIsSkippedWhenAskedTo) {
  carry({"emu-386-1", "emu-386-2"}, {"tflm"});
  v1::JobSpec skipping = with(spec({"kws"}, {"an386", "microbit"}), {"tinyrig", "tflm"});
  skipping.set_fit_policy(v1::FIT_POLICY_SKIP);
  EXPECT_THAT(cells(skipping), ElementsAre("kws@an386/tflm", "kws@microbit"));
  const auto plan = expand(skipping, context_);
  ASSERT_EQ(plan->skipped_cells.size(), 2U);
  EXPECT_EQ(plan->skipped_cells[0].board_type(), "an386");
  EXPECT_EQ(plan->skipped_cells[0].runtime(), "tinyrig");
  EXPECT_EQ(plan->skipped_cells[0].reason(), "RUNTIME_NOT_CARRIED");
  EXPECT_THAT(plan->skipped_cells[0].message(), HasSubstr("emu-386-1: tflm 1.0; emu-386-2: tflm 1.0"));
  EXPECT_EQ(plan->skipped_cells[1].board_type(), "microbit");
  EXPECT_EQ(plan->skipped_cells[1].runtime(), "tflm");
}

TEST_F(ExpandTest, EnergyNeedsABoardWithAnInstrument) {
  context_.boards[1].set_instrument("ppk2");  // emu-386-2
  v1::JobSpec energy = spec({"kws"}, {"an386"});
  energy.add_measurements(v1::MEASUREMENT_ENERGY);
  EXPECT_THAT(cells(energy), ElementsAre("kws@an386"));
  energy.set_boards(0, "emu-386-1");
  expect_error(energy, absl::StatusCode::kInvalidArgument, "INSTRUMENT_MISSING", "no board of an386 that the job may");
  energy.set_boards(0, "all");
  expect_error(energy, absl::StatusCode::kInvalidArgument, "INSTRUMENT_MISSING", "no board of an500");
  energy.set_fit_policy(v1::FIT_POLICY_SKIP);
  EXPECT_THAT(cells(energy), ElementsAre("kws@an386"));
  const auto plan = expand(energy, context_);
  ASSERT_EQ(plan->skipped_cells.size(), 2U);
  EXPECT_EQ(plan->skipped_cells[0].board_type(), "an500");
  EXPECT_EQ(plan->skipped_cells[0].reason(), "INSTRUMENT_MISSING");
}

TEST_F(ExpandTest, EnergyHasItsOwnSettings) {
  context_.boards[1].set_instrument("ppk2");
  v1::JobSpec energy = spec({"kws"}, {"an386"});
  EXPECT_EQ(expand(energy, context_)->spec.settings().energy_windows(), 0U) << "not asked for";
  energy.add_measurements(v1::MEASUREMENT_ENERGY);
  EXPECT_EQ(expand(energy, context_)->spec.settings().energy_windows(), 5U);
  EXPECT_EQ(expand(energy, context_)->spec.settings().energy_window_ms(), 200U);
  const auto refused = absl::StatusCode::kInvalidArgument;
  energy.mutable_settings()->set_energy_windows(1);
  expect_error(energy, refused, "SETTINGS_OUT_OF_RANGE", "settings.energy_windows is 1, allowed are 2 to 100");
  energy.mutable_settings()->set_energy_windows(3);
  energy.mutable_settings()->set_energy_window_ms(19);
  expect_error(energy, refused, "SETTINGS_OUT_OF_RANGE", "settings.energy_window_ms is 19, allowed are 20 to 60000");
  energy.mutable_settings()->set_energy_window_ms(40'001);
  expect_error(energy, refused, "SETTINGS_OUT_OF_RANGE", "is 120003");
  energy.mutable_settings()->set_energy_window_ms(40'000);
  EXPECT_TRUE(expand(energy, context_).ok());
}

// What a board carries that was never heard is found out when it runs; until then it passes for a usual one.
TEST_F(ExpandTest, ABoardNotHeardYetMayCarryAnything) {
  carry({"emu-micro"}, {});
  EXPECT_THAT(cells(with(spec({"kws"}, {"microbit"}), {"tflm"})), ElementsAre("kws@microbit/tflm"));
  EXPECT_EQ(fit_checks_, 0) << "nothing is known of it that could be checked";
  EXPECT_THAT(cells(with(spec({"kws"}, {"microbit"}), {"all"})), ElementsAre("kws@microbit", "kws@microbit/portable"));
  EXPECT_EQ(fit_checks_, 2);
  expect_error(with(spec({"kws"}, {"an386"}), {"tflm"}), absl::StatusCode::kInvalidArgument, "RUNTIME_NOT_CARRIED",
               "emu-386-1: tinyrig 1.0, portable 1.0; emu-386-2: tinyrig 1.0, portable 1.0");
}

TEST_F(ExpandTest, AModelMayFitWithOneRuntimeAndNotWithAnother) {
  v1::JobSpec skipping = with(spec({"vww"}, {"an500"}), {"all"});
  skipping.set_fit_policy(v1::FIT_POLICY_SKIP);
  EXPECT_THAT(cells(skipping), ElementsAre("vww@an500"));
  const auto plan = expand(skipping, context_);
  ASSERT_EQ(plan->skipped_cells.size(), 1U);
  EXPECT_EQ(plan->skipped_cells[0].runtime(), "portable");
  EXPECT_EQ(plan->skipped_cells[0].missing_bytes(), 16U);
}

TEST_F(ExpandTest, ARetiredBoardIsNotThere) {
  context_.boards[3].set_health(v1::HEALTH_RETIRED);
  EXPECT_THAT(cells(spec({"kws"}, {"all"})), ElementsAre("kws@an386", "kws@an500"));
  expect_error(spec({"kws"}, {"microbit"}), absl::StatusCode::kNotFound, "BOARD_UNKNOWN", "microbit");
}

TEST_F(ExpandTest, AMisfitFailsByDefault) {
  const auto plan = expand(spec({"vww"}, {"microbit", "an386"}), context_);
  ASSERT_TRUE(plan.ok());
  ASSERT_EQ(plan->runs.size(), 2u);
  ASSERT_TRUE(plan->runs[0].misfit.has_value());
  EXPECT_EQ(plan->runs[0].misfit->missing_bytes, 4096u);
  EXPECT_FALSE(plan->runs[1].misfit.has_value());
  EXPECT_TRUE(plan->skipped_cells.empty());
}

TEST_F(ExpandTest, AMisfitIsSkippedWhenAskedTo) {
  v1::JobSpec skipping = spec({"vww", "kws"}, {"all"});
  skipping.set_fit_policy(v1::FIT_POLICY_SKIP);
  const auto plan = expand(skipping, context_);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->runs.size(), 5u);
  ASSERT_EQ(plan->skipped_cells.size(), 1u);
  EXPECT_EQ(plan->skipped_cells[0].model_name(), "vww");
  EXPECT_EQ(plan->skipped_cells[0].board_type(), "microbit");
  EXPECT_EQ(plan->skipped_cells[0].reason(), "MODEL_TOO_LARGE_FOR_RAM");
  EXPECT_EQ(plan->skipped_cells[0].missing_bytes(), 4096u);
}

TEST_F(ExpandTest, AJobOfWhichNothingFitsIsRefused) {
  v1::JobSpec skipping = spec({"vww"}, {"microbit"});
  skipping.set_fit_policy(v1::FIT_POLICY_SKIP);
  expect_error(skipping, absl::StatusCode::kInvalidArgument, "NOTHING_FITS", "4096 bytes");
}

TEST_F(ExpandTest, ChecksEachModelTypeAndRuntimeOnce) {
  (void)expand(with(spec({"kws", "vww"}, {"an386", "emu-386-1", "emu-386-2", "label:fast"}), {"all"}), context_);
  EXPECT_EQ(fit_checks_, 8);  // two models, two types, two runtimes
}

TEST_F(ExpandTest, AFailingFitCheckEndsTheExpansion) {
  context_.fits = [](const v1::Model&, const v1::BoardType&,
                     const v1::AgentRuntime&) -> absl::StatusOr<std::optional<Misfit>> {
    return make_error(absl::StatusCode::kInvalidArgument, "OPERATOR_UNSUPPORTED", "operator 3 is unknown");
  };
  expect_error(spec({"kws"}, {"an386"}), absl::StatusCode::kInvalidArgument, "OPERATOR_UNSUPPORTED", "operator 3");
}

TEST_F(ExpandTest, RefusesAnEmptyJob) {
  expect_error(spec({}, {"all"}), absl::StatusCode::kInvalidArgument, "EMPTY_JOB", "models");
  expect_error(spec({"kws"}, {}), absl::StatusCode::kInvalidArgument, "EMPTY_JOB", "boards");
}

TEST_F(ExpandTest, NamesWhatExistsWhenSomethingIsUnknown) {
  expect_error(spec({"resnet"}, {"all"}), absl::StatusCode::kNotFound, "MODEL_UNKNOWN", "kws, vww");
  expect_error(spec({"kws"}, {"nucleo"}), absl::StatusCode::kNotFound, "BOARD_UNKNOWN", "emu-386-1, emu-386-2");
  expect_error(spec({"kws"}, {""}), absl::StatusCode::kNotFound, "BOARD_UNKNOWN", "an386, an500");
  expect_error(spec({"kws"}, {"label:slow"}), absl::StatusCode::kNotFound, "LABEL_UNKNOWN", "fast, new");
  context_.boards.clear();
  expect_error(spec({"kws"}, {"all"}), absl::StatusCode::kNotFound, "BOARD_UNKNOWN", "none");
}

TEST_F(ExpandTest, RefusesABoardOfATypeThatTheCatalogLacks) {
  context_.boards.push_back(board("odd", "unheard-of"));
  expect_error(spec({"kws"}, {"odd"}), absl::StatusCode::kNotFound, "BOARD_TYPE_UNKNOWN", "unheard-of");
}

TEST_F(ExpandTest, RefusesWhatTheFarmCannotDo) {
  v1::JobSpec other = spec({"kws"}, {"all"});
  other.add_runtimes("onnx");
  expect_error(other, absl::StatusCode::kInvalidArgument, "RUNTIME_UNKNOWN", "known: portable, tinyrig");
  other.set_fit_policy(v1::FIT_POLICY_SKIP);
  expect_error(other, absl::StatusCode::kInvalidArgument, "RUNTIME_UNKNOWN", "onnx");
  v1::JobSpec accuracy = spec({"kws"}, {"all"});
  accuracy.add_measurements(v1::MEASUREMENT_ACCURACY);
  expect_error(accuracy, absl::StatusCode::kInvalidArgument, "MEASUREMENT_UNAVAILABLE",
               "accuracy cannot be taken by this farm; it takes energy, latency, memory, profile");
  accuracy.set_measurements(0, static_cast<v1::Measurement>(77));
  expect_error(accuracy, absl::StatusCode::kInvalidArgument, "MEASUREMENT_UNAVAILABLE", "77");
  v1::JobSpec policy = spec({"kws"}, {"all"});
  policy.set_fit_policy(static_cast<v1::FitPolicy>(9));
  expect_error(policy, absl::StatusCode::kInvalidArgument, "SPEC_INVALID", "fit_policy");
  v1::JobSpec priority = spec({"kws"}, {"all"});
  priority.set_priority(static_cast<v1::Priority>(9));
  expect_error(priority, absl::StatusCode::kInvalidArgument, "SPEC_INVALID", "priority");
  v1::JobSpec late = spec({"kws"}, {"all"});
  late.set_start_within_s(30 * 24 * 3'600 + 1);
  expect_error(late, absl::StatusCode::kInvalidArgument, "SPEC_INVALID", "start_within_s is 2592001");
  v1::JobSpec owner = spec({"kws"}, {"all"});
  owner.set_owner("ann\x1b[2J");
  expect_error(owner, absl::StatusCode::kInvalidArgument, "SPEC_INVALID", "plain text");
  owner.set_owner(std::string(101, 'a'));
  expect_error(owner, absl::StatusCode::kInvalidArgument, "SPEC_INVALID", "longer than 100 bytes");
}

TEST_F(ExpandTest, BoundsSettings) {
  const auto with = [](void (v1::RunSettings::*set)(std::uint32_t), std::uint32_t value) {
    v1::JobSpec job_spec = spec({"kws"}, {"an386"});
    (job_spec.mutable_settings()->*set)(value);
    return job_spec;
  };
  const auto refused = absl::StatusCode::kInvalidArgument;
  expect_error(with(&v1::RunSettings::set_sessions, 101), refused, "SETTINGS_OUT_OF_RANGE", "sessions is 101");
  expect_error(with(&v1::RunSettings::set_iterations, 100'001), refused, "SETTINGS_OUT_OF_RANGE", "iterations");
  expect_error(with(&v1::RunSettings::set_warmup, 10'001), refused, "SETTINGS_OUT_OF_RANGE", "warmup");
  expect_error(with(&v1::RunSettings::set_silence_timeout_ms, 99), refused, "SETTINGS_OUT_OF_RANGE", "silence");
  EXPECT_TRUE(expand(with(&v1::RunSettings::set_sessions, 100), context_).ok());
  v1::JobSpec many = with(&v1::RunSettings::set_sessions, 100);
  many.mutable_settings()->set_iterations(100'000);
  expect_error(many, refused, "SETTINGS_OUT_OF_RANGE", "sessions * settings.iterations");
}

TEST_F(ExpandTest, BoundsTheSizeOfAJob) {
  context_.find_model = [](const std::string& name) -> absl::StatusOr<v1::Model> {
    v1::Model model;
    model.set_name(name);
    model.set_sha256(name);
    return model;
  };
  v1::JobSpec large = spec({}, {"all"});
  for (int i = 0; i < 3'334; ++i) large.add_models("m" + std::to_string(i));
  expect_error(large, absl::StatusCode::kInvalidArgument, "JOB_TOO_LARGE", "10002 runs");
  v1::JobSpec wordy = spec({"kws"}, {"all"});
  (*wordy.mutable_annotations())["note"] = std::string(70'000, 'x');
  expect_error(wordy, absl::StatusCode::kInvalidArgument, "SPEC_INVALID", "at most 65536");
}

}  // namespace
}  // namespace tinyrig::jobs
