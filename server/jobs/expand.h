// From what a user asked for to the runs that answer it: models x boards x runtimes. Pure: no clock, no
// store, no threads; what it needs to know of the world is in ExpandContext.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/model.pb.h"

namespace tinyrig::jobs {

/// Why a model cannot run on a board type, by the catalog's numbers or for want of the runtime or an instrument.
struct Misfit {
  /// MODEL_TOO_LARGE_FOR_RAM, MODEL_TOO_LARGE_FOR_SLOT, RUNTIME_NOT_CARRIED, INSTRUMENT_MISSING
  std::string reason;
  std::uint64_t missing_bytes = 0;
  /// For people; names model and board type.
  std::string message;
};

/// nullopt: it fits. An error ends the expansion with it (the model cannot be packed at all, say).
using FitCheck = std::function<absl::StatusOr<std::optional<Misfit>>(const v1::Model&, const v1::BoardType&,
                                                                     const v1::AgentRuntime&)>;

/// NOT_FOUND MODEL_UNKNOWN for a name or digest that is not registered. (store::Store::find_model)
using ModelFinder = std::function<absl::StatusOr<v1::Model>(const std::string&)>;

struct ExpandContext {
  ModelFinder find_model;
  /// The catalog.
  std::vector<v1::BoardType> types;
  /// The farm's boards; retired ones count as absent.
  std::vector<v1::Board> boards;
  /// By board type: what boards are taken to carry that have not said so yet (boards.agent.runtimes is empty).
  std::map<std::string, std::vector<v1::AgentRuntime>> usual_runtimes;
  /// What can be measured here.
  std::vector<v1::Measurement> measurements = {v1::MEASUREMENT_LATENCY, v1::MEASUREMENT_PROFILE, v1::MEASUREMENT_MEMORY,
                                               v1::MEASUREMENT_ENERGY};
  FitCheck fits;
};

struct PlannedRun {
  std::string model_name;
  std::string model_sha256;
  std::string board_type;
  /// Set when a board was asked for by its name.
  std::string pinned_board_id;
  /// Set when boards were asked for by "label:NAME".
  std::string required_label;
  std::string runtime;
  /// Set when the run is refused from the start (FIT_POLICY_FAIL): it ends as user_error with this.
  std::optional<Misfit> misfit;
};

struct JobPlan {
  /// As submitted, defaults filled in.
  v1::JobSpec spec;
  std::vector<PlannedRun> runs;
  std::vector<v1::SkippedCell> skipped_cells;
};

inline constexpr std::size_t kMaxRunsPerJob = 10'000;
/// What a job that names no runtime runs on.
inline constexpr char kDefaultRuntime[] = "tinyrig";

/// Selectors: a board's name (that unit), a board type (any unit), "label:NAME" (any unit of each type
/// that has boards with it), "all" (any unit of each type that has boards). The same cell asked for twice
/// is one run. The same pair of model and board type is checked for fit once.
///
/// INVALID_ARGUMENT: EMPTY_JOB, RUNTIME_UNKNOWN, RUNTIME_NOT_CARRIED, INSTRUMENT_MISSING, SETTINGS_OUT_OF_RANGE,
/// MEASUREMENT_UNAVAILABLE, JOB_TOO_LARGE, SPEC_INVALID, NOTHING_FITS (every cell would be skipped). NOT_FOUND:
/// MODEL_UNKNOWN, BOARD_UNKNOWN, LABEL_UNKNOWN, BOARD_TYPE_UNKNOWN (a board of a type that the catalog lacks); the
/// message names what exists.
absl::StatusOr<JobPlan> expand(const v1::JobSpec& spec, const ExpandContext& context);

}  // namespace tinyrig::jobs
