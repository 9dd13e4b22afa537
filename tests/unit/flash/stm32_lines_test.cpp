// How the flasher of STM32s moves the modem lines. A PTY has none: they are told by the calls on the line's seam, and
// brought to the simulated chip's pins here, as a board's wiring would.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/base/error.h"
#include "server/flash/stm32_flasher.h"
#include "server/link/serial_port.h"
#include "tests/support/flash/stm32_rom.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::flash {
namespace {

using std::chrono::milliseconds;
using test::Stm32Rom;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// DTR on BOOT0, RTS on reset.
struct Wiring {
  Stm32Rom& rom;
  std::vector<std::string> calls;  // of the lines, and "bytes" where some were written between them
  std::string unplugged_at;        // this call fails
  bool dtr = false;
  int open_lines = 0;

  absl::Status move(const std::string& call) {
    calls.push_back(call);
    if (call == unplugged_at) return make_error(absl::StatusCode::kUnavailable, "UNPLUGGED", "the port is gone");
    if (call.starts_with("dtr")) dtr = call.ends_with("1");
    if (call == "rts=0") rom.reset(dtr);
    return absl::OkStatus();
  }
};

class WiredLine final : public link::Transport {
 public:
  WiredLine(std::unique_ptr<link::Transport> line, Wiring& wiring) : line_(std::move(line)), wiring_(wiring) {
    ++wiring_.open_lines;
  }
  ~WiredLine() override { --wiring_.open_lines; }

  boost::asio::any_io_executor executor() override { return line_->executor(); }
  boost::asio::awaitable<absl::StatusOr<std::size_t>> read_some(std::span<std::uint8_t> buffer,
                                                                Clock::time_point deadline) override {
    return line_->read_some(buffer, deadline);
  }
  boost::asio::awaitable<absl::Status> write(std::span<const std::uint8_t> bytes, Clock::time_point deadline) override {
    if (wiring_.calls.empty() || wiring_.calls.back() != "bytes") wiring_.calls.emplace_back("bytes");
    return line_->write(bytes, deadline);
  }
  absl::Status set_baud(std::uint32_t baud) override { return line_->set_baud(baud); }
  absl::Status set_dtr(bool on) override { return wiring_.move(on ? "dtr=1" : "dtr=0"); }
  absl::Status set_rts(bool on) override { return wiring_.move(on ? "rts=1" : "rts=0"); }
  void discard_input() override { line_->discard_input(); }
  void close() override { line_->close(); }

 private:
  const std::unique_ptr<link::Transport> line_;
  Wiring& wiring_;
};

class Stm32LinesTest : public ::testing::Test {
 protected:
  Stm32LinesTest() {
    rom_.is_there = false;  // the program runs
    for (const char* step : {"dtr=1", "rts=1", "wait=1", "rts=0"}) options_.enter.push_back(*parse_line_step(step));
    for (const char* step : {"dtr=0", "rts=1", "wait=1", "rts=0"}) options_.leave.push_back(*parse_line_step(step));
    options_.sectors = Stm32Rom::sectors();
    options_.timing = {.answer = milliseconds(150), .erase = milliseconds(500), .quiet = milliseconds(15)};
  }

  std::unique_ptr<Flasher> flasher() {
    return make_stm32_flasher(
        [this](const boost::asio::any_io_executor& executor) -> absl::StatusOr<std::unique_ptr<link::Transport>> {
          auto port = link::SerialPort::open(executor, rom_.port());
          if (!port.ok()) return port.status();
          return std::make_unique<WiredLine>(*std::move(port), wiring_);
        },
        options_);
  }
  boost::asio::io_context io_;
  Stm32Rom rom_{io_};
  Wiring wiring_{rom_, {}, {}};
  FirmwareImage image_{{{0x08000000, {1, 2, 3, 4}}}};
  Stm32Options options_;
};

TEST_F(Stm32LinesTest, BringTheChipIntoItsBootloaderAndOutOfIt) {
  const auto by_lines = flasher();
  const auto report = test::run(io_, by_lines->flash(image_, {}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(rom_.flash[3], 4);
  EXPECT_THAT(wiring_.calls, ElementsAre("dtr=1", "rts=1", "rts=0", "bytes", "dtr=0", "rts=1", "rts=0"));
  EXPECT_FALSE(rom_.is_there) << "the program runs";
  EXPECT_EQ(rom_.started, std::nullopt) << "started by reset alone";
}

TEST_F(Stm32LinesTest, ResetMovesThemAndSaysNothing) {
  const auto by_lines = flasher();
  ASSERT_TRUE(by_lines->can_reset());
  const absl::Status reset = test::run(io_, by_lines->reset());
  EXPECT_TRUE(reset.ok()) << reset;
  EXPECT_THAT(wiring_.calls, ElementsAre("dtr=1", "rts=1", "rts=0", "dtr=0", "rts=1", "rts=0"));
}

TEST_F(Stm32LinesTest, OfAPortThatGoesAwayEndTheFlashing) {
  wiring_.unplugged_at = "rts=0";
  const auto by_lines = flasher();
  const auto report = test::run(io_, by_lines->flash(image_, {}));
  EXPECT_EQ(reason_of(report.status()), "FLASH_IO");
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("the port is gone"));
  EXPECT_THAT(wiring_.calls, ElementsAre("dtr=1", "rts=1", "rts=0"));
  EXPECT_EQ(wiring_.open_lines, 0) << "the port is others' again, while the flasher is still there";
}

}  // namespace
}  // namespace tinyrig::flash
