// Any bytes as the answers of an STM32's bootloader: flashing ends, and it ends well only if the board gave back
// every byte of the image.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <optional>
#include <span>
#include <utility>

#include "server/flash/stm32_flasher.h"

namespace {

namespace asio = boost::asio;

// A byte 0xFE is a moment of silence; after the last byte there is nothing but that.
class Answers : public tinyrig::link::Transport {
 public:
  Answers(asio::io_context& context, std::span<const std::uint8_t> bytes) : context_(context), bytes_(bytes) {}

  asio::any_io_executor executor() override { return context_.get_executor(); }
  asio::awaitable<absl::StatusOr<std::size_t>> read_some(std::span<std::uint8_t> buffer, Clock::time_point) override {
    if (bytes_.empty()) co_return absl::DeadlineExceededError("nothing");
    if (bytes_.front() == 0xFE) {
      bytes_ = bytes_.subspan(1);
      co_return absl::DeadlineExceededError("nothing yet");
    }
    std::size_t count = 0;
    while (count < buffer.size() && count < bytes_.size() && bytes_[count] != 0xFE) {
      buffer[count] = bytes_[count];
      ++count;
    }
    bytes_ = bytes_.subspan(count);
    co_return count;
  }
  asio::awaitable<absl::Status> write(std::span<const std::uint8_t> bytes, Clock::time_point) override {
    written_ += bytes.size();
    co_return absl::OkStatus();
  }
  absl::Status set_baud(std::uint32_t) override { return absl::OkStatus(); }
  absl::Status set_dtr(bool) override { return absl::OkStatus(); }
  absl::Status set_rts(bool) override { return absl::OkStatus(); }
  void discard_input() override {}
  void close() override {}
  std::size_t written() const { return written_; }

 private:
  asio::io_context& context_;
  std::span<const std::uint8_t> bytes_;
  std::size_t written_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinyrig::flash;
  const std::vector<std::uint8_t> content = {0xA5, 0x5A, 0x12, 0x34, 0x56};
  const FirmwareImage image{{{0x08000000, content}}};
  Stm32Options options;
  if (size > 0 && data[0] % 2 == 1) options.sectors = {16384, 16384};
  const auto answers = std::span(data, size).subspan(std::min<std::size_t>(size, 1));
  asio::io_context context;
  Answers line(context, answers);
  std::optional<absl::StatusOr<FlashReport>> report;
  asio::co_spawn(context, flash_stm32(line, image, options, {}),
                 [&report](std::exception_ptr failure, absl::StatusOr<FlashReport> value) {
                   if (failure != nullptr) std::abort();
                   report = std::move(value);
                 });
  context.run();
  if (!report.has_value()) std::abort();
  // Each answered byte is followed by a bounded amount of ours.
  if (line.written() > 4096 + size * 512) std::abort();
  if (report->ok() && std::search(answers.begin(), answers.end(), content.begin(), content.end()) == answers.end()) {
    std::abort();
  }
  return 0;
}
