// The agent's text dialect on anything that a line may bring: the first byte chooses the model's id, the rest is typed.
// No crash, nothing written while it measures, and a HELLO and a ping are answered after.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "tests/support/agent/memory_board.h"
#include "tests/support/packed_image_builder.h"

namespace {

using namespace tinyrig;

// Eight numbers, copied: an autoencoder that is always right.
test::AlignedBytes copying_model(std::string_view id) {
  constexpr std::size_t kBytes = 8;
  test::PackedImageBuilder builder;
  const packed::DataRef input = builder.arena(kBytes);
  const packed::DataRef output = builder.arena(kBytes);
  packed::CopyParams params{};
  params.input = input;
  params.bytes = kBytes;
  builder.add_operator(packed::OperatorKind::kCopy, params, output, kBytes);
  builder.add_input(input, kBytes);
  builder.add_output(output, kBytes);
  test::AlignedBytes image = builder.build();
  std::memcpy(image.data() + offsetof(packed::Header, model_id), id.data(), id.size());
  test::seal(image.span());
  return image;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  constexpr std::string_view kIds[] = {"kws01", "ic01", "ad01", ""};
  test::MemoryBoard board({.ram_bytes = 4096, .slot_bytes = 4096, .watchdog_steps = 3000, .hello = false});
  const test::AlignedBytes image = copying_model(kIds[data[0] % 4]);
  if (data[0] < 0x80) {
    std::ranges::copy(image.span(), board.slot().begin());
  } else {
    std::ranges::copy(image.span(), board.ram().begin());
  }
  board.type({reinterpret_cast<const char*>(data) + 1, size - 1});
  if (board.bytes_while_measuring() != 0) {
    std::abort();
  }
  const std::uint8_t zero[] = {0};
  board.feed_raw(zero);
  board.hello();
  const std::uint8_t ping[] = {0x08, 1, 0x12, 3, 0x0A, 1, 'x'};
  if (board.ask(ping).empty()) {
    std::abort();
  }
  return 0;
}
