// A serial line that writes down what is done to its modem lines: PTYs have none.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/flash/usb_bootloader.h"

namespace tinyrig::test {

struct TouchLog {
  std::vector<std::string> calls;  // "open /dev/ttyACM0 1200", "dtr=0", "close"
  std::function<void()> on_close = [] {};
};

class TouchLine final : public link::Transport {
 public:
  TouchLine(boost::asio::any_io_executor executor, TouchLog& log) : executor_(std::move(executor)), log_(log) {}

  boost::asio::any_io_executor executor() override { return executor_; }
  boost::asio::awaitable<absl::StatusOr<std::size_t>> read_some(std::span<std::uint8_t>, Clock::time_point) override {
    co_return absl::DeadlineExceededError("nothing comes");
  }
  boost::asio::awaitable<absl::Status> write(std::span<const std::uint8_t>, Clock::time_point) override {
    co_return absl::OkStatus();
  }
  absl::Status set_baud(std::uint32_t baud) override { return note(absl::StrCat("baud=", baud)); }
  absl::Status set_dtr(bool on) override { return note(absl::StrCat("dtr=", on ? 1 : 0)); }
  absl::Status set_rts(bool on) override { return note(absl::StrCat("rts=", on ? 1 : 0)); }
  void discard_input() override {}
  void close() override {
    note("close").IgnoreError();
    log_.on_close();
  }

 private:
  absl::Status note(std::string call) {
    log_.calls.push_back(std::move(call));
    return absl::OkStatus();
  }

  const boost::asio::any_io_executor executor_;
  TouchLog& log_;
};

/// `log` outlives its lines.
inline flash::LineOpener touch_lines(TouchLog& log) {
  return [&log](boost::asio::any_io_executor executor, const std::string& port,
                std::uint32_t baud) -> absl::StatusOr<std::unique_ptr<link::Transport>> {
    log.calls.push_back(absl::StrCat("open ", port, " ", baud));
    return std::make_unique<TouchLine>(std::move(executor), log);
  };
}

}  // namespace tinyrig::test
