// The frame decoder on foreign bytes: in one piece and byte by byte it must see the same, stay within its
// buffer, and encode again what it took for a frame.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "wire/link/frame.h"

namespace {

using namespace tinyrig::link;

struct Seen {
  std::vector<Decoded> results;
  std::vector<std::vector<std::uint8_t>> payloads;
  bool operator==(const Seen&) const = default;
};

Seen decode(std::span<const std::uint8_t> bytes, std::size_t piece) {
  std::vector<std::uint8_t> buffer(decoded_frame_bytes(64));
  FrameDecoder decoder(buffer);
  Seen seen;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.size(), at + piece);
    while (at < end) {
      std::size_t used = 0;
      const Decoded result = decoder.feed(bytes.subspan(at, end - at), used);
      at += used;
      if (result == Decoded::kNothing) {
        if (at != end) {
          std::abort();  // it must take all bytes, or tell something
        }
        continue;
      }
      seen.results.push_back(result);
      if (result == Decoded::kFrame) {
        const auto payload = decoder.payload();
        seen.payloads.emplace_back(payload.begin(), payload.end());
        std::vector<std::uint8_t> again(max_encoded_bytes(payload.size()));
        again.resize(encode_frame(decoder.header(), payload, again.data()));
        std::vector<std::uint8_t> buffer2(decoded_frame_bytes(64));
        FrameDecoder second(buffer2);
        if (second.feed(again, used) != Decoded::kFrame || used != again.size()) {
          std::abort();
        }
      }
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  if (!(decode(bytes, size + 1) == decode(bytes, 1))) {
    std::abort();
  }
  return 0;
}
