// Images whose operators lie, behind a right CRC, on the cores themselves: load() refuses them or they run, but
// nothing is written beside the arena and nothing faults. What the fuzzer of tests/fuzz/packed_image does for the
// portable kernels under sanitizers, for those that only their core can run.
#include <gtest/gtest.h>

#include <cstring>
#include <iostream>

#include "server/model/pack.h"
#include "server/model/reference_run.h"
#include "tests/support/emulator/console.h"
#include "tests/support/kernels/differential.h"
#include "tests/support/kernels/kernel_board.h"
#include "tests/support/model/random_operator.h"
#include "tests/support/model/random_source.h"
#include "tests/support/packed_image_builder.h"

namespace tinyrig::test {
namespace {

constexpr std::chrono::seconds kPatience{240};
constexpr std::uint32_t kModels = 16, kDamages = 24;

std::uint32_t damaged(std::uint32_t word, RandomSource& random) {
  switch (random.pick(0, 5)) {
    case 0:
      return static_cast<std::uint32_t>(random.pick(-2, 20));
    case 1:
      return word + static_cast<std::uint32_t>(random.pick(-20, 20));
    case 2:
      return word * static_cast<std::uint32_t>(random.pick(2, 5));
    case 3:
      return word / 2;
    case 4:
      return word ^ (1U << random.pick(0, 31));
    default:
      return random.any_of<std::uint32_t>({0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFF, 0x10000, 0x40000000});
  }
}

// One or two words of an operator's parameters.
std::vector<std::byte> damage(const std::vector<std::byte>& image, RandomSource& random) {
  std::vector<std::byte> result = image;
  packed::Header header{};
  std::memcpy(&header, image.data(), sizeof(header));
  packed::Operator op{};
  const int index = random.pick(0, header.operator_count - 1);
  std::memcpy(&op, image.data() + header.operators_offset + static_cast<std::size_t>(index) * sizeof(op), sizeof(op));
  for (int i = random.pick(1, 2); i > 0; --i) {
    const auto at =
        op.params_offset + 4 * static_cast<std::size_t>(random.pick(0, static_cast<int>(op.params_bytes / 4) - 1));
    std::uint32_t word = 0;
    std::memcpy(&word, result.data() + at, sizeof(word));
    word = damaged(word, random);
    std::memcpy(result.data() + at, &word, sizeof(word));
  }
  seal(result);
  return result;
}

class HostileImages : public testing::TestWithParam<const char*> {
 protected:
  // Adds damaged images of one model; how many.
  std::uint32_t add(KernelJob& job, std::string_view name, std::uint32_t seed) {
    const auto packed = model::pack_tflite(differential_model(board_, name, seed), board_.core);
    if (!packed.ok() || packed->core == packed::Core::kPortable) return 0;
    RandomSource random(seed);
    kernels_test::Case test;
    test.first_input_seed = seed;
    test.input_seeds = 1;
    test.output_fnv1a32 = model::reference_run(packed->reference_image(), seed)->output_fnv1a32;
    for (std::uint32_t i = 0; i < kDamages; ++i) {
      test.id = seed * kDamages + i;
      job.add(test, damage(packed->image, random), packed->reference_image());
    }
    return kDamages;
  }

  KernelBoard board_ = load_kernel_board(GetParam()).value();
};

TEST_P(HostileImages, WriteNothingBesideTheArena) {
  for (const std::string_view name : random_operator_names()) {
    KernelJob job(kernels_test::JobKind::kCompare);
    std::uint32_t cases = 0;
    for (std::uint32_t seed = 1; seed < 200 && cases < kModels * kDamages; ++seed) {
      const KernelJob before = job;
      const std::uint32_t added = add(job, name, seed);
      if (job.bytes() > board_.slot_bytes) {
        job = before;
        break;
      }
      cases += added;
    }
    if (cases == 0) continue;
    const auto output = run_job(board_, job, kPatience);
    ASSERT_TRUE(output.ok()) << name << ": " << output.status().message();
    std::uint32_t refused = 0, ran = 0;
    for (const std::string& line : output->lines) {
      const std::string what = field_of(line, "what");
      EXPECT_NE(what, "overrun") << name << ": " << line;
      EXPECT_NE(what, "reference_output") << name << ": " << line;
      refused += what == "refused" ? 1 : 0;
    }
    ran = cases - refused;
    std::cout << name << ": " << cases << " cases, " << refused << " refused, " << ran << " ran\n";
    EXPECT_GT(refused, 0U) << name;
    EXPECT_GT(ran, 0U) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Cores, HostileImages, testing::Values("mps2-an386", "mps3-an547", "rv32-virt"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace tinyrig::test
