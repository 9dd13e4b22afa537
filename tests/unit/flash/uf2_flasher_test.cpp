// The UF2 flasher against a drive that is a folder, its file sometimes a pipe: one that takes all, and ones that are
// full, hang, stay, or go.
#include "server/flash/uf2_flasher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fstream>
#include <iterator>

#include "server/base/child_process.h"
#include "server/base/error.h"
#include "server/flash/uf2_file.h"
#include "tests/support/discovery/fake_machine.h"
#include "tests/support/flash/touch_line.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::flash {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint32_t kFamily = 0xE48BFF56;

class Uf2FlasherTest : public ::testing::Test {
 protected:
  Uf2FlasherTest() : drive_(machine_.root() / "RPI-RP2") {
    image_.segments = {{0x10000000, std::vector<std::uint8_t>(20'000, 0x5A)}};  // 79 blocks: 64, 14 and the last
    machine_.usb("1-1", {{"idVendor", "2e8a"}, {"idProduct", "000a"}});
    machine_.usb_tty("1-1", 0, "ttyACM0");
    options_.bootloader.usb_ids = {"2e8a:0003"};
    options_.bootloader.touch_1200 = true;
    options_.bootloader.places = machine_.places();
    options_.bootloader.open_line = test::touch_lines(log_);
    options_.board_ids = {"RP2350", "RPI-RP2"};
    options_.family = kFamily;
    log_.on_close = [this] { enter_bootloader(drive_); };
    write_info("UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n");
  }
  ~Uf2FlasherTest() override { reader_.reset(); }

  void enter_bootloader(const std::string& mount) {
    machine_.unplug("1-1");
    machine_.usb("1-1", {{"idVendor", "2e8a"}, {"idProduct", "0003"}});
    machine_.usb_drive("1-1", "sda", "8:0");
    machine_.usb_drive("1-1", "sda1", "8:1", mount);
  }
  void write_info(const std::string& text) const { machine_.write(drive_ / "INFO_UF2.TXT", text); }
  std::filesystem::path written() const { return drive_ / "TINYRIG.UF2"; }
  void make_pipe() {
    ASSERT_EQ(::mkfifo(written().c_str(), 0600), 0);
    reader_ = Fd(::open(written().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }

  std::unique_ptr<Flasher> flasher() { return make_uf2_flasher(machine_.dev("ttyACM0"), options_); }
  absl::StatusOr<FlashReport> flash() { return flash(*flasher()); }
  absl::StatusOr<FlashReport> flash(Flasher& flasher) {
    return test::run(io_, flasher.flash(image_, [this](std::size_t done, std::size_t total) {
      EXPECT_EQ(total, 2 * image_.total_bytes());
      progress_.push_back(done);
      on_progress_(done);
    }));
  }
  void expect_failure(const std::string& reason, const std::string& message) {
    const auto report = flash();
    EXPECT_EQ(reason_of(report.status()), reason);
    EXPECT_THAT(std::string(report.status().message()), HasSubstr(message));
  }
  // Blocks that were with the drive, as bytes of the image's half of the progress.
  std::size_t after_blocks(std::size_t count) const { return image_.total_bytes() * count / 79; }

  test::FakeMachine machine_;
  const std::filesystem::path drive_;
  test::TouchLog log_;
  Uf2Options options_;
  FirmwareImage image_;
  boost::asio::io_context io_;
  Fd reader_;  // of the pipe
  std::vector<std::size_t> progress_;
  // As the bootloader does: the drive goes when it has all.
  std::function<void(std::size_t)> on_progress_ = [this](std::size_t done) {
    if (done == image_.total_bytes()) machine_.unplug("1-1");
  };
};

TEST_F(Uf2FlasherTest, TouchesWritesAndSeesTheDriveGo) {
  const auto flasher = this->flasher();
  EXPECT_TRUE(flasher->takes_port());
  EXPECT_FALSE(flasher->can_reset());
  const auto report = flash(*flasher);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->bytes_written, 20'000U);
  EXPECT_FALSE(report->read_back);
  EXPECT_THAT(log_.calls, ElementsAre("open " + machine_.dev("ttyACM0").string() + " 1200", "dtr=0", "close"));
  std::ifstream file(written(), std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(content, uf2_file(image_, kFamily));
  EXPECT_THAT(progress_, ElementsAre(after_blocks(64), after_blocks(78), 20'000, 40'000));
}

TEST_F(Uf2FlasherTest, ABoardInItsBootloaderIsFlashedWithoutItsPort) {
  options_.bootloader.touch_1200 = false;
  options_.bootloader.socket = "1-1";
  enter_bootloader(drive_);
  const auto flasher = this->flasher();
  EXPECT_FALSE(flasher->takes_port());
  EXPECT_TRUE(flasher->waits_for_firmware());
  EXPECT_TRUE(flash(*flasher).ok());
  EXPECT_THAT(log_.calls, IsEmpty());
  EXPECT_FALSE(flasher->waits_for_firmware());
}

TEST_F(Uf2FlasherTest, ADriveThatGoesWithItsLastBlockHasAll) {
  make_pipe();
  on_progress_ = [this](std::size_t done) {
    if (done != after_blocks(78)) return;
    reader_.reset();  // the last block's write fails
    machine_.unplug("1-1");
  };
  const auto report = flash();
  EXPECT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(progress_, ElementsAre(after_blocks(64), after_blocks(78), 40'000));
}

TEST_F(Uf2FlasherTest, ADriveThatGoesEarlierHasNot) {
  make_pipe();
  on_progress_ = [this](std::size_t) {
    reader_.reset();
    machine_.unplug("1-1");
  };
  expect_failure("FLASH_IO", "the drive at USB socket 1-1 went away after 32768 of 40448 bytes");
}

TEST_F(Uf2FlasherTest, ADriveThatFailsAtItsLastBlockAndStaysHasFailed) {
  make_pipe();
  options_.bootloader.patience = milliseconds(60);
  on_progress_ = [this](std::size_t done) {
    if (done == after_blocks(78)) reader_.reset();
  };
  expect_failure("FLASH_IO", "failed at the last block: Broken pipe");
}

TEST_F(Uf2FlasherTest, AFullDriveSaysSo) {
  std::filesystem::create_symlink("/dev/full", written());
  expect_failure("FLASH_IO", "failed after 0 of 40448 bytes: No space left on device");
}

TEST_F(Uf2FlasherTest, ADriveThatTakesAllAndStaysDoesNotKnowTheFamily) {
  options_.bootloader.patience = milliseconds(60);
  on_progress_ = [](std::size_t) {};
  expect_failure("FLASH_VERIFY", "another family of chips than 0xe48bff56");
}

TEST_F(Uf2FlasherTest, AnotherBoardIsNotTouched) {
  options_.bootloader.socket = "1-1";
  write_info("UF2 Bootloader v1.0\nBoard-ID: RP2350-other\n");
  expect_failure("FLASH_NO_TARGET", "is of board 'RP2350-other', not of 'RP2350' or 'RPI-RP2'; nothing was changed");
  std::filesystem::remove(drive_ / "INFO_UF2.TXT");
  expect_failure("FLASH_NO_TARGET", "INFO_UF2.TXT: No such file");
  EXPECT_FALSE(std::filesystem::exists(written()));
}

TEST_F(Uf2FlasherTest, ADriveThatNobodyMountsIsNamed) {
  options_.bootloader.patience = milliseconds(60);
  log_.on_close = [this] { enter_bootloader(""); };
  expect_failure("FLASH_NO_PROBE", "the drive at USB socket 1-1 (sda1) is not mounted");
}

TEST_F(Uf2FlasherTest, ABootloaderWithoutADriveSaysSo) {
  options_.bootloader.patience = milliseconds(60);
  log_.on_close = [this] {
    machine_.unplug("1-1");
    machine_.usb("1-1", {{"idVendor", "2e8a"}, {"idProduct", "0003"}});
  };
  expect_failure("FLASH_TIMEOUT", "shows no drive");
}

TEST_F(Uf2FlasherTest, ABootloaderThatNeverComesIsGivenUp) {
  options_.bootloader.patience = milliseconds(60);
  log_.on_close = [this] { machine_.unplug("1-1"); };
  expect_failure("FLASH_TIMEOUT", "at USB socket 1-1 is nothing, not the bootloader");
}

TEST_F(Uf2FlasherTest, ADriveThatHangsIsGivenUp) {
  image_.segments[0].bytes.resize(100'000);  // more than a pipe holds
  make_pipe();
  options_.deadline = milliseconds(300);
  expect_failure("FLASH_TIMEOUT", "the drive at USB socket 1-1 did not take the file in time");
}

TEST_F(Uf2FlasherTest, WritingEndsOnCancel) {
  image_.segments[0].bytes.resize(100'000);
  make_pipe();
  const auto flasher = this->flasher();
  on_progress_ = [&](std::size_t) { boost::asio::post(io_, [&] { flasher->cancel(); }); };
  EXPECT_EQ(flash(*flasher).status().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(progress_, ::testing::SizeIs(::testing::Le(2U)));
}

TEST_F(Uf2FlasherTest, WaitingForTheDriveEndsOnCancel) {
  const auto flasher = this->flasher();
  log_.on_close = [&] {
    enter_bootloader("");
    boost::asio::post(io_, [&] { flasher->cancel(); });
  };
  EXPECT_EQ(flash(*flasher).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(Uf2FlasherTest, WhatItCannotDoIsUsage) {
  const auto flasher = this->flasher();
  EXPECT_EQ(reason_of(test::run(io_, flasher->read(0, 1)).status()), "FLASH_USAGE");
  EXPECT_EQ(reason_of(test::run(io_, flasher->reset())), "FLASH_USAGE");
  image_.segments.clear();
  EXPECT_EQ(reason_of(flash(*flasher).status()), "FLASH_IMAGE_EMPTY");
}

}  // namespace
}  // namespace tinyrig::flash
