// The second stage of boot (boot2.S), filled up and with its CRC, at the start of flash.
#include "agent_firmware/ports/rp2040/boot2_crc.h"

namespace {

using namespace tinyrig::port::rp2040;

constexpr std::uint8_t kCode[] = {
#include "boot2_code.inc"
};
static_assert(sizeof kCode <= kBoot2CodeBytes, "the second stage of boot is too long");

struct Boot2 {
  std::uint8_t code[kBoot2CodeBytes];
  std::uint32_t crc;
};
static_assert(sizeof(Boot2) == kBoot2Bytes);

constexpr Boot2 make_boot2() {
  Boot2 result{};
  for (std::size_t i = 0; i < sizeof kCode; ++i) result.code[i] = kCode[i];
  result.crc = boot2_crc(result.code);
  return result;
}

}  // namespace

extern "C" [[gnu::section(".boot2"), gnu::used]] constinit const Boot2 rp2040_boot2 = make_boot2();
