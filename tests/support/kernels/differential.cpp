#include "tests/support/kernels/differential.h"

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/model/pack.h"
#include "server/model/reference_run.h"
#include "tests/support/emulator/console.h"
#include "tests/support/model/random_operator.h"

namespace tinyrig::test {
namespace {

// Far beyond what a slot full of cases takes (a second or two; ten on Helium, which is emulated slowly): this ends a
// kernel that hangs.
constexpr std::chrono::seconds kPatience{120}, kPatienceForOne{20};
constexpr std::size_t kBesideArenaBytes = 2048;  // guards and a copy of outputs; more is checked against the tensors

OperatorLimits limits_of(const KernelBoard& board) {
  constexpr std::uint64_t kSmallRam = 32768;
  if (board.model_ram_bytes < kSmallRam) return {.tensor_bytes = 1536, .weight_bytes = 4096};
  return {};
}

struct Made {
  kernels_test::Case test;
  std::vector<std::byte> image, reference;
};

class Comparing {
 public:
  Comparing(const KernelBoard& board, std::string_view name) : board_(board), name_(name) {}

  absl::StatusOr<Comparison> run(std::uint32_t first_seed, std::uint32_t count) {
    for (std::uint32_t seed = first_seed; result_.cases < count; ++seed) {
      if (result_.skipped > count + 20) {
        return make_error(absl::StatusCode::kInternal, "TOO_MANY_SKIPPED",
                          std::string(name_) + " on " + board_.id + ": " + std::to_string(result_.skipped) +
                              " seeds made no model that it can run; the last said: " + refusal_);
      }
      TINYRIG_RETURN_IF_ERROR(add(seed));
    }
    TINYRIG_RETURN_IF_ERROR(run_batch());
    return std::move(result_);
  }

 private:
  absl::Status add(std::uint32_t seed) {
    const auto packed = model::pack_tflite(differential_model(board_, name_, seed), board_.core);
    if (!packed.ok()) return skip(std::string(packed.status().message()));
    TINYRIG_ASSIGN_OR_RETURN(const model::ReferenceRun reference,
                             model::reference_run(packed->reference_image(), seed));
    if (packed->arena_bytes + reference.output.size() + kBesideArenaBytes > board_.model_ram_bytes) {
      return skip("it does not fit the model RAM");
    }
    Made made{.test = {}, .image = packed->image, .reference = packed->reference_image()};
    made.test.first_input_seed = seed;
    made.test.input_seeds = 1;
    made.test.id = seed;
    made.test.output_fnv1a32 = reference.output_fnv1a32;
    if (bytes_ + bytes_of(made) > board_.slot_bytes) TINYRIG_RETURN_IF_ERROR(run_batch());
    if (bytes_of(made) > board_.slot_bytes) return skip("it does not fit the model slot");
    bytes_ += bytes_of(made);
    batch_.push_back(std::move(made));
    ++result_.cases;
    if (packed->core != packed::Core::kPortable) ++result_.with_core_kernels;
    for (const model::OperatorInfo& op : packed->operators) ++result_.kernels[op.kernel];
    return absl::OkStatus();
  }

  absl::Status skip(std::string refusal) {
    refusal_ = std::move(refusal);
    ++result_.skipped;
    return absl::OkStatus();
  }

  static std::size_t bytes_of(const Made& made) {
    return sizeof(kernels_test::Case) + made.image.size() + made.reference.size() + 2 * packed::kAlignment;
  }

  absl::Status run_batch() {
    if (batch_.empty()) return absl::OkStatus();
    KernelJob job(kernels_test::JobKind::kCompare);
    for (const Made& made : batch_) job.add(made.test, made.image, made.reference);
    const auto output = run_job(board_, job, kPatience);
    TINYRIG_RETURN_IF_ERROR(output.ok() ? note(output->lines) : find_fault(output.status()));
    batch_.clear();
    bytes_ = 2 * packed::kAlignment;
    return absl::OkStatus();
  }

  absl::Status note(const std::vector<std::string>& lines) {
    std::size_t noted = 0;
    for (const std::string& line : lines) {
      if (line.rfind("mismatch ", 0) != 0) continue;
      ++noted;
      result_.mismatches.push_back(board_.id + " " + std::string(name_) + " seed " + field_of(line, "id") + ": " +
                                   line);
    }
    const std::string counted = field_of(lines.back(), "mismatches"), cases = field_of(lines.back(), "cases");
    if (counted != std::to_string(noted) || cases != std::to_string(batch_.size())) {
      return make_error(absl::StatusCode::kInternal, "KERNELS_LOST_LINES",
                        board_.id + ": " + std::to_string(noted) + " mismatches in " + std::to_string(batch_.size()) +
                            " cases came, but it ended with '" + lines.back() + "'");
    }
    return absl::OkStatus();
  }

  // Somewhere in the batch the firmware faulted or hung: cases alone tell, until one is found.
  absl::Status find_fault(const absl::Status& of_batch) {
    for (const Made& made : batch_) {
      KernelJob job(kernels_test::JobKind::kCompare);
      job.add(made.test, made.image, made.reference);
      const auto output = run_job(board_, job, kPatienceForOne);
      if (output.ok()) continue;
      result_.mismatches.push_back(board_.id + " " + std::string(name_) + " seed " + std::to_string(made.test.id) +
                                   ": " + std::string(output.status().message()));
      return absl::OkStatus();
    }
    return of_batch;
  }

  const KernelBoard& board_;
  const std::string_view name_;
  Comparison result_;
  std::vector<Made> batch_;
  std::size_t bytes_ = 2 * packed::kAlignment;
  std::string refusal_;
};

}  // namespace

std::vector<std::uint8_t> differential_model(const KernelBoard& board, std::string_view name, std::uint32_t seed) {
  return random_operator(name, seed, limits_of(board));
}

absl::StatusOr<Comparison> compare_kernels(const KernelBoard& board, std::string_view name, std::uint32_t first_seed,
                                           std::uint32_t count) {
  return Comparing(board, name).run(first_seed, count);
}

}  // namespace tinyrig::test
