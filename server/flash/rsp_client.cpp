#include "server/flash/rsp_client.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <cstdio>
#include <utility>

#include "server/base/error.h"
#include "server/base/use_tuple.h"

namespace tinyrig::flash {
namespace {

namespace asio = boost::asio;
constexpr int kRepeats = 3;
constexpr std::size_t kLargestChunk = 1024;
constexpr std::size_t kLargestMemoryMap = 64 * 1024;

std::string hex_number(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(value));
  return text;
}

absl::Status protocol_error(const std::string& what) {
  return make_error(absl::StatusCode::kDataLoss, "FLASHER_PROTOCOL", "GDB remote stub: " + what,
                    "check that the endpoint is a GDB remote stub, and the cable to the probe");
}

std::string shown(std::string_view payload) {
  std::string text = "\"";
  for (const char c : payload.substr(0, 40)) text += c >= ' ' && c <= '~' ? c : '?';
  return text + (payload.size() > 40 ? "...\"" : "\"");
}

// Bytes of memory that fit a packet: "M" + address + "," + length + ":" before two digits each. As many fit
// "vFlashWrite:" when every byte is escaped, which makes two of it.
std::size_t transfer_for_packet_size(const std::string& features) {
  const std::size_t at = features.find("PacketSize=");
  if (at == std::string::npos) return 256;
  std::size_t packet_size = 0;
  const char* first = features.data() + at + 11;
  const auto [end, error] = std::from_chars(first, features.data() + features.size(), packet_size, 16);
  if (error != std::errc() || packet_size < 128) return 32;
  return std::min(kLargestChunk, (packet_size - 32) / 2);
}

}  // namespace

struct RspClient::Watch {
  Watch(StreamSocket connected, std::chrono::steady_clock::duration deadline)
      : socket(std::move(connected)), timer(socket.get_executor(), deadline) {}

  StreamSocket socket;
  asio::steady_timer timer;
  bool expired = false;
  bool cancelled = false;
};

RspClient::RspClient(StreamSocket socket, std::chrono::steady_clock::duration deadline)
    : watch_(std::make_shared<Watch>(std::move(socket), deadline)), received_(8192) {
  received_.resize(0);
  received_.reserve(8192);
  std::weak_ptr<Watch> weak = watch_;
  watch_->timer.async_wait([weak](const boost::system::error_code& error) {
    const auto watch = weak.lock();
    if (error || watch == nullptr) return;
    watch->expired = true;
    boost::system::error_code ignored;
    watch->socket.close(ignored);
  });
}

RspClient::~RspClient() {
  watch_->timer.cancel();
  boost::system::error_code ignored;
  watch_->socket.close(ignored);
}

void RspClient::cancel() {
  watch_->cancelled = true;
  boost::system::error_code ignored;
  watch_->socket.close(ignored);
}

absl::Status RspClient::lost(const std::string& what) const {
  if (watch_->cancelled) return absl::CancelledError("flashing was stopped");
  if (watch_->expired) {
    return make_error(absl::StatusCode::kDeadlineExceeded, "FLASHER_TIMEOUT",
                      "the GDB remote stub did not finish in time",
                      "power-cycle the board and its probe; check that nobody else debugs it");
  }
  return make_error(absl::StatusCode::kUnavailable, "FLASHER_LOST", "connection to the GDB remote stub lost: " + what,
                    "check that the board has power and that its probe is plugged in");
}

asio::awaitable<absl::Status> RspClient::send(std::string packet) {
  auto writing = asio::async_write(watch_->socket, asio::buffer(packet), kUseTuple);
  const auto [error, written] = co_await std::move(writing);
  if (error) co_return lost(error.message());
  co_return absl::OkStatus();
}

asio::awaitable<absl::StatusOr<RspEvent>> RspClient::receive() {
  for (;;) {
    while (consumed_ < received_.size()) {
      auto event = decoder_.feed(received_[consumed_++]);
      if (event.has_value()) co_return *std::move(event);
    }
    received_.resize(8192);
    consumed_ = 0;
    auto reading = watch_->socket.async_read_some(asio::buffer(received_), kUseTuple);
    const auto [error, count] = co_await std::move(reading);
    received_.resize(error ? 0 : count);
    if (error) co_return lost(error.message());
  }
}

asio::awaitable<absl::StatusOr<std::string>> RspClient::receive_packet(const std::string& asked) {
  for (int damaged = 0;;) {
    auto receiving = receive();
    absl::StatusOr<RspEvent> event = co_await std::move(receiving);
    if (!event.ok()) co_return event.status();
    if (event->kind == RspEvent::Kind::kPacket) {
      // A stub may hang up after its last answer, so a lost acknowledgement is no error of this command.
      auto acknowledging = send("+");
      const absl::Status acknowledged = co_await std::move(acknowledging);
      acknowledged.IgnoreError();
      co_return std::move(event->payload);
    }
    if (event->kind == RspEvent::Kind::kDamagedPacket) {
      if (++damaged > kRepeats) co_return protocol_error("damaged answers to " + shown(asked));
      auto repeating = send("-");
      const absl::Status sent = co_await std::move(repeating);
      if (!sent.ok()) co_return sent;
    }
    // Acknowledgements of an earlier repeat mean nothing here.
  }
}

asio::awaitable<absl::StatusOr<std::string>> RspClient::command(std::string payload) {
  const std::string packet = encode_packet(payload);
  for (int attempt = 0; attempt <= kRepeats; ++attempt) {
    auto sending = send(packet);
    const absl::Status sent = co_await std::move(sending);
    if (!sent.ok()) co_return sent;
    for (;;) {
      auto receiving = receive();
      absl::StatusOr<RspEvent> event = co_await std::move(receiving);
      if (!event.ok()) co_return event.status();
      if (event->kind == RspEvent::Kind::kRepeat) break;
      if (event->kind != RspEvent::Kind::kAcknowledge) continue;  // an answer to nobody
      auto answering = receive_packet(payload);
      co_return co_await std::move(answering);
    }
  }
  co_return protocol_error("refuses to understand " + shown(payload));
}

asio::awaitable<absl::Status> RspClient::handshake() {
  auto asking = command("qSupported:swbreak+");
  const absl::StatusOr<std::string> features = co_await std::move(asking);
  if (!features.ok()) co_return features.status();
  largest_transfer_ = transfer_for_packet_size(*features);
  tells_memory_map_ = features->find("qXfer:memory-map:read+") != std::string::npos;
  auto halting = command("?");
  const absl::StatusOr<std::string> stopped = co_await std::move(halting);
  if (!stopped.ok()) co_return stopped.status();
  if (stopped->empty() || (stopped->front() != 'S' && stopped->front() != 'T')) {
    co_return protocol_error("the board is not halted: answered " + shown(*stopped) + " to \"?\"");
  }
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> RspClient::demand(std::string payload, std::string what) {
  auto asking = command(std::move(payload));
  const absl::StatusOr<std::string> answer = co_await std::move(asking);
  if (!answer.ok()) co_return answer.status();
  if (*answer == "OK") co_return absl::OkStatus();
  co_return make_error(absl::StatusCode::kFailedPrecondition, "FLASH_WRITE_REFUSED",
                       "the GDB remote stub refused to " + what + ": " + shown(*answer),
                       "check that the image was built for this board type, and that its flash is not protected");
}

asio::awaitable<absl::Status> RspClient::write_memory(std::uint32_t address, std::span<const std::uint8_t> bytes) {
  const std::string at = hex_number(address), size = std::to_string(bytes.size());
  return demand("M" + at + "," + hex_number(bytes.size()) + ":" + to_hex(bytes), "write " + size + " bytes at 0x" + at);
}

asio::awaitable<absl::StatusOr<std::vector<FlashRegion>>> RspClient::flash_regions() {
  if (!tells_memory_map_) co_return std::vector<FlashRegion>();
  std::string map;
  for (char more = 'm'; more == 'm';) {
    auto asking = command("qXfer:memory-map:read::" + hex_number(map.size()) + "," + hex_number(largest_transfer_));
    const absl::StatusOr<std::string> part = co_await std::move(asking);
    if (!part.ok()) co_return part.status();
    more = part->empty() ? 'E' : part->front();
    // It promised, and has none now: memory is then written as memory, and reading it back tells what came of it.
    if (more == 'E' && map.empty()) co_return std::vector<FlashRegion>();
    if ((more != 'm' || part->size() == 1) && more != 'l') {
      co_return protocol_error("its memory map ends with " + shown(*part));
    }
    map.append(*part, 1);
    if (map.size() > kLargestMemoryMap) co_return protocol_error("its memory map is larger than 64 KiB");
  }
  co_return parse_memory_map(map);
}

asio::awaitable<absl::Status> RspClient::erase_flash(std::uint64_t address, std::uint64_t size) {
  return demand("vFlashErase:" + hex_number(address) + "," + hex_number(size),
                "erase " + std::to_string(size) + " bytes of flash at 0x" + hex_number(address));
}

asio::awaitable<absl::Status> RspClient::write_flash(std::uint32_t address, std::span<const std::uint8_t> bytes) {
  return demand("vFlashWrite:" + hex_number(address) + ":" + std::string(bytes.begin(), bytes.end()),
                "write " + std::to_string(bytes.size()) + " bytes of flash at 0x" + hex_number(address));
}

asio::awaitable<absl::Status> RspClient::finish_flash() { return demand("vFlashDone", "end the writing of flash"); }

asio::awaitable<absl::StatusOr<std::vector<std::uint8_t>>> RspClient::read_memory(std::uint32_t address,
                                                                                  std::size_t size) {
  auto asking = command("m" + hex_number(address) + "," + hex_number(size));
  const absl::StatusOr<std::string> answer = co_await std::move(asking);
  if (!answer.ok()) co_return answer.status();
  if (!answer->empty() && answer->front() == 'E' && answer->size() <= 3) {
    co_return make_error(absl::StatusCode::kFailedPrecondition, "FLASH_READ_REFUSED",
                         "the GDB remote stub cannot read " + std::to_string(size) + " bytes at 0x" +
                             hex_number(address) + ": " + shown(*answer),
                         "check that the image was built for this board type: nothing may be at that address");
  }
  auto bytes = from_hex(*answer);
  if (!bytes.has_value() || bytes->size() != size) {
    co_return protocol_error("asked for " + std::to_string(size) + " bytes of memory, got " + shown(*answer));
  }
  co_return *std::move(bytes);
}

asio::awaitable<absl::Status> RspClient::monitor(std::string text) {
  auto asking = command("qRcmd," + to_hex(text));
  absl::StatusOr<std::string> answer = co_await std::move(asking);
  // What the monitor prints comes as packets of their own, "O" and hex, before the answer.
  constexpr int kMostOutput = 1000;
  for (int printed = 0; answer.ok() && *answer != "OK" && !answer->empty() && answer->front() == 'O'; ++printed) {
    if (printed == kMostOutput) co_return protocol_error("the monitor never stops printing");
    auto more = receive_packet(text);
    answer = co_await std::move(more);
  }
  if (!answer.ok()) co_return answer.status();
  if (*answer == "OK") co_return absl::OkStatus();
  co_return make_error(absl::StatusCode::kFailedPrecondition, "FLASH_RESET_REFUSED",
                       "the GDB remote stub's monitor refused \"" + text + "\": " + shown(*answer),
                       "set flasher.reset_command of the board type to what this stub's monitor knows");
}

asio::awaitable<absl::Status> RspClient::detach() {
  auto asking = command("D");
  const absl::StatusOr<std::string> answer = co_await std::move(asking);
  if (!answer.ok()) co_return answer.status();
  if (*answer == "OK") co_return absl::OkStatus();
  co_return protocol_error("did not detach: answered " + shown(*answer));
}

}  // namespace tinyrig::flash
