#include "server/flash/gdb_remote_flasher.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "server/base/error.h"
#include "server/flash/endpoint.h"
#include "server/flash/memory_map.h"
#include "server/flash/rsp_client.h"

namespace tinyrig::flash {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

std::chrono::microseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
}

// Counts work and tells it.
class Meter {
 public:
  Meter(Progress progress, std::size_t total) : progress_(std::move(progress)), total_(total) {}
  void add(std::size_t bytes) {
    done_ += bytes;
    if (progress_) progress_(done_, total_);
  }

 private:
  const Progress progress_;
  const std::size_t total_;
  std::size_t done_ = 0;
};

absl::Status differs(const Segment& segment, std::size_t offset, std::uint8_t read) {
  char text[120];
  std::snprintf(text, sizeof text, "flash differs after writing: at 0x%08zx it holds 0x%02x, written was 0x%02x",
                segment.address + offset, read, segment.bytes[offset]);
  return make_error(absl::StatusCode::kDataLoss, "FLASH_VERIFY_FAILED", text,
                    "flash again; if it stays, the memory is not there, write-protected or worn out");
}

asio::awaitable<absl::Status> write_piece(RspClient& client, const WritePlan::Piece& piece, Meter& meter) {
  for (std::size_t offset = 0; offset < piece.bytes.size();) {
    const std::size_t count = std::min(client.largest_transfer(), piece.bytes.size() - offset);
    const std::uint32_t address = piece.address + static_cast<std::uint32_t>(offset);
    const auto bytes = piece.bytes.subspan(offset, count);
    auto writing = piece.is_flash ? client.write_flash(address, bytes) : client.write_memory(address, bytes);
    const absl::Status written = co_await std::move(writing);
    if (!written.ok()) co_return written;
    offset += count;
    meter.add(count);
  }
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> write_pieces(RspClient& client, const WritePlan& plan, bool of_flash, Meter& meter) {
  for (const WritePlan::Piece& piece : plan.pieces) {
    if (piece.is_flash != of_flash) continue;
    auto writing = write_piece(client, piece, meter);
    const absl::Status written = co_await std::move(writing);
    if (!written.ok()) co_return written;
  }
  co_return absl::OkStatus();
}

// Flash first: some probes run a program of theirs in RAM to write it.
asio::awaitable<absl::Status> write_image(RspClient& client, const FirmwareImage& image, Meter& meter) {
  auto asking = client.flash_regions();
  const absl::StatusOr<std::vector<FlashRegion>> regions = co_await std::move(asking);
  if (!regions.ok()) co_return regions.status();
  const WritePlan plan = plan_writes(image, *regions);
  for (const WritePlan::Erase& erase : plan.erases) {
    auto erasing = client.erase_flash(erase.start, erase.length);
    const absl::Status erased = co_await std::move(erasing);
    if (!erased.ok()) co_return erased;
  }
  auto writing_flash = write_pieces(client, plan, true, meter);
  const absl::Status flashed = co_await std::move(writing_flash);
  if (!flashed.ok()) co_return flashed;
  if (!plan.erases.empty()) {
    auto finishing = client.finish_flash();
    const absl::Status finished = co_await std::move(finishing);
    if (!finished.ok()) co_return finished;
  }
  auto writing_memory = write_pieces(client, plan, false, meter);
  co_return co_await std::move(writing_memory);
}

asio::awaitable<absl::Status> verify_segment(RspClient& client, const Segment& segment, Meter& meter) {
  for (std::size_t offset = 0; offset < segment.bytes.size();) {
    const std::size_t count = std::min(client.largest_transfer(), segment.bytes.size() - offset);
    auto reading = client.read_memory(segment.address + static_cast<std::uint32_t>(offset), count);
    const auto read = co_await std::move(reading);
    if (!read.ok()) co_return read.status();
    for (std::size_t i = 0; i < count; ++i) {
      if ((*read)[i] != segment.bytes[offset + i]) co_return differs(segment, offset + i, (*read)[i]);
    }
    offset += count;
    meter.add(count);
  }
  co_return absl::OkStatus();
}

class GdbRemoteFlasher : public Flasher {
 public:
  explicit GdbRemoteFlasher(GdbRemoteOptions options) : options_(std::move(options)) {}

  asio::awaitable<absl::StatusOr<FlashReport>> flash(const FirmwareImage& image, Progress progress) override {
    if (image.total_bytes() == 0) {
      co_return make_error(absl::StatusCode::kInvalidArgument, "FLASH_IMAGE_EMPTY", "the image to flash has no bytes",
                           "build the firmware again: ./rig firmware");
    }
    auto connecting = connect();
    auto client = co_await std::move(connecting);
    if (!client.ok()) co_return client.status();

    Meter meter(std::move(progress), 2 * image.total_bytes());
    FlashReport report{.bytes_written = image.total_bytes()};
    const auto write_start = Clock::now();
    auto writing = write_image(**client, image, meter);
    const absl::Status written = co_await std::move(writing);
    if (!written.ok()) co_return written;
    report.write_time = since(write_start);

    const auto verify_start = Clock::now();
    for (const Segment& segment : image.segments) {
      auto verifying = verify_segment(**client, segment, meter);
      const absl::Status verified = co_await std::move(verifying);
      if (!verified.ok()) co_return verified;
    }
    report.verify_time = since(verify_start);

    auto restarting = restart(**client);
    const absl::Status restarted = co_await std::move(restarting);
    if (!restarted.ok()) co_return restarted;
    co_return report;
  }

  asio::awaitable<absl::Status> reset() override {
    auto connecting = connect();
    auto client = co_await std::move(connecting);
    if (!client.ok()) co_return client.status();
    auto restarting = restart(**client);
    co_return co_await std::move(restarting);
  }
  bool can_reset() const override { return true; }

  asio::awaitable<absl::StatusOr<std::vector<std::uint8_t>>> read(std::uint32_t address, std::size_t size) override {
    auto connecting = connect();
    auto client = co_await std::move(connecting);
    if (!client.ok()) co_return client.status();
    std::vector<std::uint8_t> memory;
    while (memory.size() < size) {
      const std::size_t count = std::min((*client)->largest_transfer(), size - memory.size());
      auto reading = (*client)->read_memory(address + static_cast<std::uint32_t>(memory.size()), count);
      const auto bytes = co_await std::move(reading);
      if (!bytes.ok()) co_return bytes.status();
      memory.insert(memory.end(), bytes->begin(), bytes->end());
    }
    auto detaching = (*client)->detach();
    const absl::Status detached = co_await std::move(detaching);
    if (!detached.ok()) co_return detached;
    co_return memory;
  }

  void cancel() override {
    cancelled_ = true;
    if (const auto client = client_.lock(); client != nullptr) client->cancel();
  }

 private:
  asio::awaitable<absl::StatusOr<std::shared_ptr<RspClient>>> connect() {
    cancelled_ = false;
    auto connecting = connect_to(options_.endpoint, options_.deadline);
    absl::StatusOr<StreamSocket> socket = co_await std::move(connecting);
    if (!socket.ok()) {
      co_return make_error(socket.status().code(), "FLASHER_UNREACHABLE", std::string(socket.status().message()),
                           hint_of(socket.status()));
    }
    const auto client = std::make_shared<RspClient>(*std::move(socket), options_.deadline);
    client_ = client;
    if (cancelled_) client->cancel();
    auto greeting = client->handshake();
    const absl::Status greeted = co_await std::move(greeting);
    if (!greeted.ok()) co_return greeted;
    co_return client;
  }

  asio::awaitable<absl::Status> restart(RspClient& client) const {
    auto resetting = client.monitor(options_.reset_command);
    const absl::Status reset = co_await std::move(resetting);
    if (!reset.ok()) co_return reset;
    auto detaching = client.detach();
    co_return co_await std::move(detaching);
  }

  const GdbRemoteOptions options_;
  std::weak_ptr<RspClient> client_;  // of the pending call
  bool cancelled_ = false;
};

}  // namespace

std::unique_ptr<Flasher> make_gdb_remote_flasher(GdbRemoteOptions options) {
  return std::make_unique<GdbRemoteFlasher>(std::move(options));
}

}  // namespace tinyrig::flash
