#include "tests/support/kernels/measured.h"

#include "server/base/error.h"
#include "tests/support/emulator/console.h"

namespace tinyrig::test {
namespace {

std::uint64_t number(const std::string& line, const char* field) { return std::stoull("0" + field_of(line, field)); }

std::uint32_t hash(const std::string& line) {
  return static_cast<std::uint32_t>(std::stoul("0" + field_of(line, "fnv"), nullptr, 16));
}

bool begins(const std::string& line, const char* word) { return line.rfind(word, 0) == 0; }

absl::Status refused(const KernelBoard& board, const std::string& line) {
  constexpr std::uint64_t kArenaTooSmall = 3;
  if (number(line, "error") == kArenaTooSmall) {
    return make_error(absl::StatusCode::kResourceExhausted, "DOES_NOT_FIT",
                      board.id + ": the model RAM lacks " + field_of(line, "missing") + " bytes");
  }
  return make_error(absl::StatusCode::kInternal, "IMAGE_REFUSED", board.id + ": the engine said '" + line + "'",
                    "runtime.h numbers the errors");
}

}  // namespace

absl::StatusOr<Measured> measure_image(const KernelBoard& board, std::vector<std::byte> image, std::uint32_t first_seed,
                                       std::uint32_t seeds, bool count_windows) {
  KernelJob job(kernels_test::JobKind::kMeasure);
  job.add({.first_input_seed = first_seed, .input_seeds = seeds}, std::move(image));
  if (job.bytes() > board.slot_bytes) {
    return make_error(absl::StatusCode::kResourceExhausted, "DOES_NOT_FIT",
                      board.id + ": the image and its job need " + std::to_string(job.bytes()) + " of " +
                          std::to_string(board.slot_bytes) + " bytes");
  }
  constexpr std::chrono::seconds kPatience{600};  // Helium is emulated slowly
  const auto output = run_job(board, job, kPatience, count_windows);
  if (!output.ok()) return output.status();
  Measured measured;
  std::uint64_t hz = 1;
  for (const std::string& line : output->lines) {
    const std::uint64_t instructions = board.instructions(number(line, "ticks"), hz);
    if (begins(line, "start ")) {
      hz = number(line, "hz");
    } else if (begins(line, "refused ")) {
      return refused(board, line);
    } else if (begins(line, "loaded ")) {
      measured.arena_bytes = static_cast<std::uint32_t>(number(line, "arena"));
    } else if (begins(line, "run ")) {
      measured.runs.push_back({static_cast<std::uint32_t>(number(line, "seed")), hash(line), instructions});
    } else if (begins(line, "operator ")) {
      measured.operators.push_back({instructions, hash(line)});
    } else if (begins(line, "profiled ")) {
      measured.profiled_instructions = instructions;
    }
  }
  for (const std::string& line : output->windows) {
    measured.windows.push_back({number(line, "instructions"), number(line, "vector"), number(line, "words_loaded"),
                                number(line, "words_stored")});
  }
  return measured;
}

}  // namespace tinyrig::test
