// Endpoints driven by foreign bytes. The input is a list of actions: frames with sound CRCs but foreign
// headers, raw bytes, sends, polls, losses. Whatever comes: no crash, no overflow of a buffer, and once the
// line is sound again, a new session carries a message each way.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "wire/link/endpoint.h"

namespace {

using namespace tinyrig::link;
using Bytes = std::vector<std::uint8_t>;

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return at_ == size_; }
  std::uint8_t byte() { return empty() ? 0 : data_[at_++]; }
  std::uint16_t word() { return static_cast<std::uint16_t>(byte() | byte() << 8); }
  Bytes bytes(std::size_t count) {
    Bytes out;
    while (out.size() < count && !empty()) {
      out.push_back(byte());
    }
    return out;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

struct Side {
  explicit Side(Role role) : receive(decoded_frame_bytes(64)), transmit(400), endpoint(role, receive, transmit, 448) {}

  // Returns the number of messages.
  int take(std::span<const std::uint8_t> bytes) {
    int messages = 0;
    while (!bytes.empty()) {
      std::size_t used = 0;
      const Event event = endpoint.receive(bytes, used);
      bytes = bytes.subspan(used);
      messages += event == Event::kMessage ? 1 : 0;
      if (event == Event::kHello) {
        endpoint.accept_hello();
        endpoint.send_hello_reply(Bytes(20, 3));
      }
      if (event == Event::kNone && !bytes.empty()) {
        std::abort();
      }
    }
    return messages;
  }

  Bytes say() {
    Bytes all;
    for (int i = 0; i < 100; ++i) {
      const auto frame = endpoint.output();
      if (frame.empty()) {
        return all;
      }
      all.insert(all.end(), frame.begin(), frame.end());
    }
    std::abort();  // without new input it must fall silent
  }

  Bytes receive, transmit;
  Endpoint endpoint;
};

Bytes foreign_frame(Input& input, const Side& target) {
  FrameHeader header{};
  header.kind = static_cast<FrameKind>(input.byte() % 9);
  header.flags = input.byte() % 2;
  header.session = input.byte() % 4 == 0 ? input.word() : target.endpoint.session();
  header.seq = input.byte() % 2 == 0 ? input.word() : static_cast<std::uint16_t>(input.byte() % 16);
  header.ack = input.byte() % 2 == 0 ? input.word() : static_cast<std::uint16_t>(input.byte() % 16);
  header.window = input.word();
  const Bytes payload = input.bytes(input.byte() % 80);
  Bytes frame(max_encoded_bytes(payload.size()));
  frame.resize(encode_frame(header, payload, frame.data()));
  return frame;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Side host(Role::kHost);
  Side board(Role::kBoard);
  std::uint16_t tag = 1;
  host.endpoint.start(tag, Bytes{1});
  while (!input.empty()) {
    Side& side = input.byte() % 2 == 0 ? host : board;
    Side& other = &side == &host ? board : host;
    switch (input.byte() % 8) {
      case 0:
        side.take(foreign_frame(input, side));
        break;
      case 1:
        side.take(input.bytes(input.byte() % 100));
        break;
      case 2:
        side.endpoint.send(input.bytes(input.byte() % 65));
        break;
      case 3:
        other.take(side.say());
        break;
      case 4:
        side.say();  // lost
        break;
      case 5:
        host.endpoint.poll();
        break;
      case 6:
        side.endpoint.accept(input.byte() % 2 == 0);
        break;
      case 7:
        if (input.byte() % 8 == 0) {
          host.endpoint.start(++tag, Bytes{1});
        }
        break;
    }
  }
  // Sound again.
  host.endpoint.accept(true);
  board.endpoint.accept(true);
  host.say();
  board.say();
  host.take(Bytes{0});
  board.take(Bytes{0});
  host.say();
  board.say();
  host.endpoint.start(0x7777, Bytes{2, 2});
  board.take(host.say());
  host.take(board.say());
  board.take(host.say());
  if (!host.endpoint.established() || !host.endpoint.send(Bytes(10, 1)) || !board.endpoint.send(Bytes(10, 2))) {
    std::abort();
  }
  if (board.take(host.say()) != 1 || host.take(board.say()) != 1) {
    std::abort();
  }
  return 0;
}
