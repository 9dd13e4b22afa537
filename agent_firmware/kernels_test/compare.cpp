// A case of JobKind::kCompare. Silent when all is well; else one line:
//   mismatch id=ID what=output seed=S byte=B reference=V image=V
//   mismatch id=ID what=refused|reference_refused error=N     what=reference_output      what=overrun byte=B
//
// Model RAM:  [guard][arena][guard] ... [the reference's outputs]
#include <cstring>

#include "agent_firmware/kernels_test/run.h"
#include "agent_firmware/ports/shared/print.h"
#include "wire/packed_model/format.h"

namespace tinyrig::kernels_test {
namespace {

using namespace tinyrig::text;

constexpr std::size_t kGuardBytes = 64;

// Never the same bytes in a row: a kernel that takes what it finds for zeros or for its own is caught.
std::byte old_byte(std::size_t index, std::uint32_t salt) {
  return static_cast<std::byte>((index * 37 + (index >> 8) * 11 + salt * 101) & 0xFF);
}

void mismatch(const Case& test, const char* what) {
  print_field("mismatch id=", test.id);
  print(" what=");
  print(what);
}

class Bench {
 public:
  explicit Bench(std::uint32_t salt) : salt_(salt) {}

  bool load(const Job& job, std::uint32_t offset, std::uint32_t bytes, const Case& test, const char* what) {
    const std::span<const std::byte> image = at(job, offset, bytes);
    packed::Header header;
    std::memcpy(&header, image.data(), sizeof header);
    const std::span<std::byte> ram = port::model_ram();
    arena_bytes_ = header.arena_bytes;
    if (arena_bytes_ > ram.size() - 2 * kGuardBytes) arena_bytes_ = ram.size() - 2 * kGuardBytes;
    for (std::size_t i = 0; i < arena_bytes_ + 2 * kGuardBytes; ++i) ram[i] = old_byte(i, salt_);
    runtime::LoadReport report{};
    const runtime::Error error = current.load(image, ram.subspan(kGuardBytes, arena_bytes_), report);
    if (error == runtime::Error::kOk) return true;
    mismatch(test, what);
    print_field(" error=", static_cast<std::uint64_t>(error));
    print("\n");
    return false;
  }

  // Index of the first byte beside the arena that changed, counted from the first guard; -1: none.
  long overrun() const {
    const std::span<std::byte> ram = port::model_ram();
    for (std::size_t i = 0; i < arena_bytes_ + 2 * kGuardBytes; ++i) {
      const bool in_arena = i >= kGuardBytes && i < kGuardBytes + arena_bytes_;
      if (!in_arena && ram[i] != old_byte(i, salt_)) return static_cast<long>(i);
    }
    return -1;
  }

 private:
  std::uint32_t salt_;
  std::size_t arena_bytes_ = 0;
};

std::size_t output_bytes() {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < current.output_count(); ++i) bytes += current.output(i).size();
  return bytes;
}

bool same_outputs(const Case& test, std::uint32_t seed, std::span<const std::byte> expected) {
  std::size_t index = 0;
  for (std::size_t i = 0; i < current.output_count(); ++i) {
    for (const std::byte byte : current.output(i)) {
      if (byte != expected[index]) {
        mismatch(test, "output");
        print_field(" seed=", seed);
        print_field(" byte=", index);
        print_field(" reference=", static_cast<std::uint8_t>(expected[index]));
        print_field(" image=", static_cast<std::uint8_t>(byte));
        print("\n");
        return false;
      }
      ++index;
    }
  }
  return true;
}

bool compare_once(const Job& job, const Case& test, std::uint32_t seed) {
  Bench bench(seed);
  if (!bench.load(job, test.reference_offset, test.reference_bytes, test, "reference_refused")) return false;
  fill_inputs(seed);
  current.run();
  const std::span<std::byte> expected = port::model_ram().last(output_bytes());
  std::size_t index = 0;
  for (std::size_t i = 0; i < current.output_count(); ++i) {
    for (const std::byte byte : current.output(i)) expected[index++] = byte;
  }
  if (seed == test.first_input_seed && wire::fnv1a_32(expected) != test.output_fnv1a32) {
    mismatch(test, "reference_output\n");
    return false;
  }

  Bench other(seed + 1);
  if (!other.load(job, test.image_offset, test.image_bytes, test, "refused")) return false;
  fill_inputs(seed);
  current.run();
  if (const long byte = other.overrun(); byte >= 0) {
    mismatch(test, "overrun");
    print_field(" byte=", static_cast<std::uint64_t>(byte));
    print("\n");
    return false;
  }
  return same_outputs(test, seed, expected);
}

}  // namespace

bool compare(const Job& job, const Case& test) {
  for (std::uint32_t i = 0; i < test.input_seeds; ++i) {
    if (!compare_once(job, test, test.first_input_seed + i)) return false;
  }
  return true;
}

}  // namespace tinyrig::kernels_test
