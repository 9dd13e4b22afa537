#include "server/jobs/expand.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/jobs/carried_runtimes.h"

namespace tinyrig::jobs {
namespace {

constexpr std::size_t kMaxSpecBytes = 64 * 1024;
constexpr std::size_t kMaxOwnerBytes = 100;
constexpr std::uint32_t kMaxStartWithinS = 30 * 24 * 3'600;
constexpr char kLabelPrefix[] = "label:";
constexpr char kAll[] = "all";
constexpr char kRuntimeNotCarried[] = "RUNTIME_NOT_CARRIED";
constexpr char kInstrumentMissing[] = "INSTRUMENT_MISSING";

// Limits of settings, and what a zero means.
constexpr std::uint32_t kDefaultSessions = 3;
constexpr std::uint32_t kMaxSessions = 100;
constexpr std::uint32_t kDefaultWarmup = 1;
constexpr std::uint32_t kMaxWarmup = 10'000;
constexpr std::uint32_t kDefaultIterations = 10;
constexpr std::uint32_t kMaxIterations = 100'000;
constexpr std::uint32_t kMaxSamples = 1'000'000;
constexpr std::uint32_t kDefaultSeed = 1;
constexpr std::uint32_t kDefaultSilenceMs = 10'000;
constexpr std::uint32_t kMinSilenceMs = 100;
constexpr std::uint32_t kMaxSilenceMs = 3'600'000;
constexpr std::uint32_t kDefaultEnergyWindows = 5;
constexpr std::uint32_t kMinEnergyWindows = 2;
constexpr std::uint32_t kMaxEnergyWindows = 100;
constexpr std::uint32_t kDefaultEnergyWindowMs = 200;
constexpr std::uint32_t kMinEnergyWindowMs = 20;
constexpr std::uint32_t kMaxEnergyWindowMs = 60'000;
constexpr std::uint32_t kMaxEnergyMs = 120'000;

/// Boards that one cell of the job may run on.
struct Target {
  std::string board_type;
  std::string pinned_board_id;
  std::string required_label;

  auto operator<=>(const Target&) const = default;
};

absl::Status invalid(std::string reason, std::string message, std::string hint = "") {
  return make_error(absl::StatusCode::kInvalidArgument, std::move(reason), std::move(message), std::move(hint));
}

std::string joined(const std::set<std::string>& names) {
  constexpr std::size_t kMaxNames = 30;
  std::string text;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (count++ == kMaxNames) return text + ", ...";
    text += (text.empty() ? "" : ", ") + name;
  }
  return text.empty() ? "none" : text;
}

absl::Status check_range(const char* name, std::uint32_t value, std::uint32_t least, std::uint32_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return invalid("SETTINGS_OUT_OF_RANGE",
                 std::string("settings.") + name + " is " + std::to_string(value) + ", allowed are " +
                     std::to_string(least) + " to " + std::to_string(most),
                 "Choose a value in that range, or leave it out: it then has its default.");
}

void set_default(std::uint32_t value, std::uint32_t standard, void (v1::RunSettings::*set)(std::uint32_t),
                 v1::RunSettings* settings) {
  if (value == 0) (settings->*set)(standard);
}

absl::Status complete_energy_settings(v1::RunSettings* settings) {
  set_default(settings->energy_windows(), kDefaultEnergyWindows, &v1::RunSettings::set_energy_windows, settings);
  set_default(settings->energy_window_ms(), kDefaultEnergyWindowMs, &v1::RunSettings::set_energy_window_ms, settings);
  TINYRIG_RETURN_IF_ERROR(
      check_range("energy_windows", settings->energy_windows(), kMinEnergyWindows, kMaxEnergyWindows));
  TINYRIG_RETURN_IF_ERROR(
      check_range("energy_window_ms", settings->energy_window_ms(), kMinEnergyWindowMs, kMaxEnergyWindowMs));
  return check_range("energy_windows * settings.energy_window_ms",
                     settings->energy_windows() * settings->energy_window_ms(), 1, kMaxEnergyMs);
}

absl::Status complete_settings(v1::RunSettings* settings) {
  set_default(settings->sessions(), kDefaultSessions, &v1::RunSettings::set_sessions, settings);
  set_default(settings->warmup(), kDefaultWarmup, &v1::RunSettings::set_warmup, settings);
  set_default(settings->iterations(), kDefaultIterations, &v1::RunSettings::set_iterations, settings);
  set_default(settings->input_seed(), kDefaultSeed, &v1::RunSettings::set_input_seed, settings);
  set_default(settings->silence_timeout_ms(), kDefaultSilenceMs, &v1::RunSettings::set_silence_timeout_ms, settings);
  TINYRIG_RETURN_IF_ERROR(check_range("sessions", settings->sessions(), 1, kMaxSessions));
  TINYRIG_RETURN_IF_ERROR(check_range("warmup", settings->warmup(), 1, kMaxWarmup));
  TINYRIG_RETURN_IF_ERROR(check_range("iterations", settings->iterations(), 1, kMaxIterations));
  TINYRIG_RETURN_IF_ERROR(
      check_range("silence_timeout_ms", settings->silence_timeout_ms(), kMinSilenceMs, kMaxSilenceMs));
  return check_range("sessions * settings.iterations", settings->sessions() * settings->iterations(), 1, kMaxSamples);
}

// "latency": what people type.
std::string word_of(int measurement) {
  const std::string& name = v1::Measurement_Name(static_cast<v1::Measurement>(measurement));
  return name.empty() ? std::to_string(measurement) : absl::AsciiStrToLower(absl::StripPrefix(name, "MEASUREMENT_"));
}

absl::Status complete_measurements(const ExpandContext& context, v1::JobSpec* spec) {
  std::set<int> wanted(spec->measurements().begin(), spec->measurements().end());
  if (wanted.empty()) {
    wanted = {v1::MEASUREMENT_LATENCY, v1::MEASUREMENT_PROFILE, v1::MEASUREMENT_MEMORY};
  }
  spec->clear_measurements();
  for (const int measurement : wanted) {
    const auto kind = static_cast<v1::Measurement>(measurement);
    if (std::count(context.measurements.begin(), context.measurements.end(), kind) == 0) {
      std::set<std::string> names;
      for (const v1::Measurement known : context.measurements) names.insert(word_of(known));
      return invalid("MEASUREMENT_UNAVAILABLE",
                     word_of(measurement) + " cannot be taken by this farm; it takes " + joined(names),
                     "Leave it out, or ask a farm whose boards have the instrument.");
    }
    spec->add_measurements(kind);
  }
  return absl::OkStatus();
}

bool wants_energy(const v1::JobSpec& spec) {
  return std::count(spec.measurements().begin(), spec.measurements().end(), v1::MEASUREMENT_ENERGY) > 0;
}

/// Defaults filled in and limits checked.
absl::StatusOr<v1::JobSpec> complete(v1::JobSpec spec, const ExpandContext& context) {
  if (spec.models().empty()) {
    return invalid("EMPTY_JOB", "the job names no models",
                   "Name at least one model; `tinyrig models list` shows them.");
  }
  if (spec.boards().empty()) {
    return invalid("EMPTY_JOB", "the job names no boards",
                   "Name boards, board types, label:NAME or all; `tinyrig boards` shows them.");
  }
  if (spec.ByteSizeLong() > kMaxSpecBytes) {
    return invalid("SPEC_INVALID",
                   "the job's description takes " + std::to_string(spec.ByteSizeLong()) + " bytes, at most " +
                       std::to_string(kMaxSpecBytes) + " are taken",
                   "Shorten its annotations, or split the job.");
  }
  if (spec.owner().size() > kMaxOwnerBytes || clean_text(spec.owner(), kMaxOwnerBytes) != spec.owner()) {
    return invalid("SPEC_INVALID",
                   "the owner's name is longer than " + std::to_string(kMaxOwnerBytes) + " bytes or is no plain text",
                   "Name a person, a team or a pipeline.");
  }
  if (spec.start_within_s() > kMaxStartWithinS) {
    return invalid("SPEC_INVALID",
                   "start_within_s is " + std::to_string(spec.start_within_s()) + ", at most " +
                       std::to_string(kMaxStartWithinS) + " (30 days) are taken",
                   "Give the job less time, or leave it out: it then has no end.");
  }
  if (!v1::Priority_IsValid(spec.priority())) return invalid("SPEC_INVALID", "priority is none that is known");
  if (spec.priority() == v1::PRIORITY_UNSPECIFIED) spec.set_priority(v1::PRIORITY_NORMAL);
  if (!v1::FitPolicy_IsValid(spec.fit_policy())) return invalid("SPEC_INVALID", "fit_policy is none that is known");
  if (spec.fit_policy() == v1::FIT_POLICY_UNSPECIFIED) spec.set_fit_policy(v1::FIT_POLICY_FAIL);
  TINYRIG_RETURN_IF_ERROR(complete_settings(spec.mutable_settings()));
  TINYRIG_RETURN_IF_ERROR(complete_measurements(context, &spec));
  if (wants_energy(spec)) TINYRIG_RETURN_IF_ERROR(complete_energy_settings(spec.mutable_settings()));
  if (spec.runtimes().empty()) spec.add_runtimes(kDefaultRuntime);
  return spec;
}

bool has_label(const v1::Board& board, const std::string& label) {
  return std::count(board.labels().begin(), board.labels().end(), label) > 0;
}

absl::Status board_unknown(const std::string& selector, const std::vector<const v1::Board*>& boards) {
  std::set<std::string> names;
  std::set<std::string> types;
  for (const v1::Board* board : boards) {
    names.insert(board->id());
    types.insert(board->board_type());
  }
  return make_error(absl::StatusCode::kNotFound, "BOARD_UNKNOWN",
                    "no board or board type \"" + selector.substr(0, 100) +
                        "\" in this farm; boards: " + joined(names) + "; types: " + joined(types),
                    "`tinyrig boards` shows the farm.");
}

absl::Status label_unknown(const std::string& label, const std::vector<const v1::Board*>& boards) {
  std::set<std::string> labels;
  for (const v1::Board* board : boards) labels.insert(board->labels().begin(), board->labels().end());
  return make_error(absl::StatusCode::kNotFound, "LABEL_UNKNOWN",
                    "no board has the label \"" + label.substr(0, 100) + "\"; labels: " + joined(labels),
                    "`tinyrig boards` shows the farm.");
}

absl::StatusOr<std::vector<Target>> targets_of(const std::string& selector,
                                               const std::vector<const v1::Board*>& boards) {
  std::set<Target> targets;
  if (selector.starts_with(kLabelPrefix)) {
    const std::string label = selector.substr(sizeof(kLabelPrefix) - 1);
    for (const v1::Board* board : boards) {
      if (has_label(*board, label)) targets.insert({board->board_type(), "", label});
    }
    if (targets.empty()) return label_unknown(label, boards);
  } else if (selector == kAll) {
    for (const v1::Board* board : boards) targets.insert({board->board_type(), "", ""});
  } else {
    for (const v1::Board* board : boards) {
      if (board->id() == selector) return std::vector<Target>{{board->board_type(), board->id(), ""}};
    }
    for (const v1::Board* board : boards) {
      if (board->board_type() == selector) targets.insert({selector, "", ""});
    }
  }
  if (targets.empty()) return board_unknown(selector, boards);
  return std::vector<Target>(targets.begin(), targets.end());
}

std::vector<const v1::Board*> boards_of(const ExpandContext& context) {
  std::vector<const v1::Board*> boards;
  for (const v1::Board& board : context.boards) {
    if (board.health() != v1::HEALTH_RETIRED) boards.push_back(&board);
  }
  return boards;
}

std::vector<const v1::Board*> boards_of(const Target& target, const ExpandContext& context) {
  std::vector<const v1::Board*> boards = boards_of(context);
  std::erase_if(boards, [&target](const v1::Board* board) {
    return board->board_type() != target.board_type ||
           (!target.pinned_board_id.empty() && board->id() != target.pinned_board_id) ||
           (!target.required_label.empty() && !has_label(*board, target.required_label));
  });
  return boards;
}

absl::StatusOr<std::vector<Target>> all_targets(const v1::JobSpec& spec, const ExpandContext& context) {
  const std::vector<const v1::Board*> boards = boards_of(context);
  std::vector<Target> targets;
  for (const std::string& selector : spec.boards()) {
    TINYRIG_ASSIGN_OR_RETURN(const std::vector<Target> selected, targets_of(selector, boards));
    for (const Target& target : selected) {
      if (std::count(targets.begin(), targets.end(), target) == 0) targets.push_back(target);
    }
  }
  return targets;
}

absl::StatusOr<std::vector<v1::Model>> all_models(const v1::JobSpec& spec, const ExpandContext& context) {
  std::vector<v1::Model> models;
  for (const std::string& name : spec.models()) {
    TINYRIG_ASSIGN_OR_RETURN(v1::Model model, context.find_model(name));
    const auto same = [&](const v1::Model& other) { return other.sha256() == model.sha256(); };
    if (std::none_of(models.begin(), models.end(), same)) models.push_back(std::move(model));
  }
  return models;
}

CarriedRuntimes carried_by(std::vector<const v1::Board*> boards, const std::string& board_type,
                           const ExpandContext& context) {
  const auto usual = context.usual_runtimes.find(board_type);
  return CarriedRuntimes(std::move(boards),
                         usual == context.usual_runtimes.end() ? std::vector<v1::AgentRuntime>() : usual->second);
}

/// A runtime that no agent of the farm carries is a mistake, whatever the fit policy says.
absl::Status check_runtimes(const v1::JobSpec& spec, const ExpandContext& context) {
  const CarriedRuntimes farm = carried_by(boards_of(context), "", context);
  for (const std::string& runtime : spec.runtimes()) {
    if (runtime == kAll || farm.may_carry_others() || farm.find(runtime) != nullptr) continue;
    const std::vector<std::string> names = farm.names();
    return invalid("RUNTIME_UNKNOWN",
                   "no agent of this farm carries runtime \"" + runtime.substr(0, 100) +
                       "\"; known: " + joined({names.begin(), names.end()}),
                   "Name one of these, or flash a board with an agent that has it: docs/runtimes.md.");
  }
  return absl::OkStatus();
}

/// A target with what its boards have, and the runtimes that the job runs there, by name.
struct Place {
  Target target;
  CarriedRuntimes carried;
  bool lacks_instrument;  // that the job needs
  std::vector<std::string> names;
};

std::vector<Place> places_of(const std::vector<Target>& targets, const v1::JobSpec& spec,
                             const ExpandContext& context) {
  std::vector<Place> result;
  for (const Target& target : targets) {
    const std::vector<const v1::Board*> boards = boards_of(target, context);
    const bool has_instrument =
        std::any_of(boards.begin(), boards.end(), [](const v1::Board* board) { return !board->instrument().empty(); });
    Place entry{target, carried_by(boards, target.board_type, context), wants_energy(spec) && !has_instrument, {}};
    for (const std::string& wanted : spec.runtimes()) {
      for (const std::string& name : wanted == kAll ? entry.carried.names() : std::vector<std::string>{wanted}) {
        if (std::count(entry.names.begin(), entry.names.end(), name) == 0) entry.names.push_back(name);
      }
    }
    result.push_back(std::move(entry));
  }
  return result;
}

/// Fit checks, each made once.
class Fits {
 public:
  explicit Fits(const ExpandContext& context) : context_(context) {}

  absl::StatusOr<std::optional<Misfit>> check(const v1::Model& model, const Place& where,
                                              const std::string& runtime_name) {
    const std::string& board_type = where.target.board_type;
    if (where.lacks_instrument) {
      return Misfit{kInstrumentMissing, 0,
                    "no board of " + board_type + " that the job may use has an instrument that measures energy"};
    }
    const v1::AgentRuntime* runtime = where.carried.find(runtime_name);
    if (runtime == nullptr && !where.carried.may_carry_others()) {
      return Misfit{kRuntimeNotCarried, 0,
                    "no board of " + board_type + " that the job may use carries runtime \"" + runtime_name + "\"; " +
                        where.carried.text()};
    }
    const auto key =
        std::make_tuple(model.sha256(), board_type, runtime == nullptr ? "" : runtime->SerializeAsString());
    if (const auto known = checked_.find(key); known != checked_.end()) return known->second;
    for (const v1::BoardType& type : context_.types) {
      if (type.id() != board_type) continue;
      std::optional<Misfit> misfit;
      // Of a runtime that only a board not heard yet may carry, nothing is known: the run itself finds out.
      if (context_.fits && runtime != nullptr) {
        TINYRIG_ASSIGN_OR_RETURN(misfit, context_.fits(model, type, *runtime));
      }
      checked_.emplace(key, misfit);
      return misfit;
    }
    return make_error(absl::StatusCode::kNotFound, "BOARD_TYPE_UNKNOWN",
                      "board type \"" + board_type + "\" is not in the catalog",
                      "Add it to the catalog of board types, or correct the farm file.");
  }

 private:
  const ExpandContext& context_;
  std::map<std::tuple<std::string, std::string, std::string>, std::optional<Misfit>> checked_;
};

void add_skipped(const v1::Model& model, const std::string& board_type, const std::string& runtime,
                 const Misfit& misfit, JobPlan* plan) {
  for (const v1::SkippedCell& cell : plan->skipped_cells) {
    if (cell.model_name() == model.name() && cell.board_type() == board_type && cell.runtime() == runtime) return;
  }
  v1::SkippedCell& cell = plan->skipped_cells.emplace_back();
  cell.set_model_name(model.name());
  cell.set_board_type(board_type);
  cell.set_runtime(runtime);
  cell.set_reason(misfit.reason);
  cell.set_missing_bytes(misfit.missing_bytes);
  cell.set_message(misfit.message);
}

}  // namespace

absl::StatusOr<JobPlan> expand(const v1::JobSpec& spec, const ExpandContext& context) {
  JobPlan plan;
  TINYRIG_ASSIGN_OR_RETURN(plan.spec, complete(spec, context));
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<v1::Model> models, all_models(plan.spec, context));
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<Target> targets, all_targets(plan.spec, context));
  TINYRIG_RETURN_IF_ERROR(check_runtimes(plan.spec, context));
  const std::vector<Place> places = places_of(targets, plan.spec, context);
  std::size_t cells = 0;
  for (const Place& place : places) cells += models.size() * place.names.size();
  if (cells > kMaxRunsPerJob) {
    return invalid(
        "JOB_TOO_LARGE",
        "the job has " + std::to_string(cells) + " runs, at most " + std::to_string(kMaxRunsPerJob) + " are taken",
        "Split it into several jobs.");
  }

  Fits fits(context);
  for (const v1::Model& model : models) {
    for (const Place& place : places) {
      for (const std::string& runtime : place.names) {
        const Target& target = place.target;
        TINYRIG_ASSIGN_OR_RETURN(const std::optional<Misfit> misfit, fits.check(model, place, runtime));
        if (misfit.has_value() && plan.spec.fit_policy() == v1::FIT_POLICY_SKIP) {
          add_skipped(model, target.board_type, runtime, *misfit, &plan);
          continue;
        }
        if (misfit.has_value() && misfit->reason == kRuntimeNotCarried) {
          return invalid(misfit->reason, misfit->message,
                         "Name a runtime that is there with --runtime, or leave such boards out with --skip-unfit.");
        }
        if (misfit.has_value() && misfit->reason == kInstrumentMissing) {
          return invalid(misfit->reason, misfit->message,
                         "Wire one to it and name it as 'instrument' in the farm file (docs/energy.md), or leave such "
                         "boards out with --skip-unfit.");
        }
        plan.runs.push_back({model.name(), model.sha256(), target.board_type, target.pinned_board_id,
                             target.required_label, runtime, misfit});
      }
    }
  }
  if (plan.runs.empty()) {
    return invalid("NOTHING_FITS", "no model of the job fits any board of it: " + plan.skipped_cells.front().message(),
                   "Choose boards with more memory, smaller models, or another runtime.");
  }
  return plan;
}

}  // namespace tinyrig::jobs
