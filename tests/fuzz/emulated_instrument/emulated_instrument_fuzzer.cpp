// Any bytes from the host and from the board's trigger line: what waits stays bounded, words are whole and in order,
// and the current is one of those that the board can have. The top bit of a length says whose bytes follow.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "emulator/ppk2_simulator.h"
#include "emulator/window_replay.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinyrig::emulator;
  constexpr std::size_t kSamples = 150, kLongestMetadata = 2048;
  WindowReplay replay({1500, 6500});
  replay.set_powered(true);
  Ppk2Simulator ppk2({.input =
                          [&] {
                            const InstrumentInput input = replay.next();
                            if (!(input.current_ua >= 1500 && input.current_ua <= 6500) || input.logic > 1)
                              std::abort();
                            return input;
                          },
                      .stream_changed = [&](bool streams) { replay.set_streaming(streams); },
                      .output_changed = {},
                      .was_reset = {}});
  std::span<const std::uint8_t> rest(data, size);
  while (!rest.empty()) {
    const bool from_board = (rest[0] & 0x80) != 0;
    const std::size_t length = std::min<std::size_t>(rest[0] & 0x7F, rest.size() - 1);
    const auto bytes = rest.subspan(1, length);
    rest = rest.subspan(1 + length);
    if (from_board) {
      replay.take(bytes);
    } else {
      for (const auto& answer : ppk2.take(bytes)) {
        if (answer.size() > kLongestMetadata) std::abort();
      }
    }
    if (replay.waiting_windows() > WindowReplay::kMostWindows) std::abort();
    if (ppk2.produce(kSamples).size() != (ppk2.streams() ? kSamples * Ppk2Simulator::kWordBytes : 0)) std::abort();
  }
  return 0;
}
