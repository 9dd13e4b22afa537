// Any bytes as a GDB remote stream: memory stays bounded, and whatever is understood means the same when
// it is encoded and read again.
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "server/flash/rsp_packet.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tinyrig::flash::RspEvent;
  tinyrig::flash::RspDecoder decoder;
  for (std::size_t i = 0; i < size; ++i) {
    const auto event = decoder.feed(data[i]);
    if (!event.has_value() || event->kind != RspEvent::Kind::kPacket) continue;
    if (event->payload.size() > tinyrig::flash::RspDecoder::kLongestPayload) std::abort();
    tinyrig::flash::from_hex(event->payload);
    tinyrig::flash::RspDecoder again;
    std::optional<RspEvent> last;
    for (const char c : tinyrig::flash::encode_packet(event->payload)) last = again.feed(static_cast<std::uint8_t>(c));
    if (!last.has_value() || last->payload != event->payload) std::abort();
  }
  return 0;
}
