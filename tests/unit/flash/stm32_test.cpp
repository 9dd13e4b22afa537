// The client of ST's bootloader against one that does its work, and against ones that do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <random>

#include "server/base/error.h"
#include "server/flash/stm32_flasher.h"
#include "tests/support/flash/stm32_rom.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::flash {
namespace {

using std::chrono::milliseconds;
using test::Stm32Rom;
using Fault = Stm32Rom::Fault;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Stm32Test : public ::testing::Test {
 protected:
  Stm32Test() {
    std::mt19937 random(1);
    image_.segments = {{0x08000000, std::vector<std::uint8_t>(1000)},
                       {0x080003EA, std::vector<std::uint8_t>(3)},
                       {0x08010002, std::vector<std::uint8_t>(700)}};
    for (Segment& segment : image_.segments) {
      for (std::uint8_t& byte : segment.bytes) byte = static_cast<std::uint8_t>(random());
    }
    options_.sectors = Stm32Rom::sectors();
    options_.chip_id = 0x413;
    options_.timing = {.answer = milliseconds(150), .erase = milliseconds(500), .quiet = milliseconds(15)};
  }

  absl::StatusOr<FlashReport> flash() {
    const auto flasher = make_stm32_flasher(rom_.port(), options_);
    return test::run(io_, flasher->flash(image_, [this](std::size_t done, std::size_t total) {
      last_progress_ = {done, total};
    }));
  }
  std::string reason() { return reason_of(flash().status()); }

  void expect_image() {
    for (const Segment& segment : image_.segments) {
      for (std::size_t i = 0; i < segment.bytes.size(); ++i) {
        ASSERT_EQ(rom_.flash[segment.address - 0x08000000 + i], segment.bytes[i]) << segment.address << " + " << i;
      }
    }
  }

  // Hits the `nth` command of this code.
  void inject(Fault fault, std::uint8_t code, int nth = 1) {
    rom_.fault = [=, seen = 0](std::uint8_t now, int) mutable {
      return now == code && ++seen == nth ? fault : Fault::kNone;
    };
  }

  boost::asio::io_context io_;
  Stm32Rom rom_{io_};
  FirmwareImage image_;
  Stm32Options options_;
  std::pair<std::size_t, std::size_t> last_progress_;
};

TEST_F(Stm32Test, ErasesWhatItNeedsWritesReadsBackAndStarts) {
  const auto report = flash();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->bytes_written, 1703U);
  EXPECT_TRUE(report->read_back);
  expect_image();
  EXPECT_THAT(rom_.erased, ElementsAre(0, 4));
  EXPECT_EQ(rom_.started, 0x08000000U);
  EXPECT_EQ(last_progress_.first, last_progress_.second);
  EXPECT_EQ(rom_.flash[0x4000], 0x00) << "a sector that the image does not touch";
}

TEST_F(Stm32Test, ErasesAllOfFlashWhenItsSectorsAreNotKnown) {
  options_.sectors.clear();
  for (const bool extended : {true, false}) {
    rom_.extended_erase = extended;
    rom_.erased.clear();
    const auto report = flash();
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(rom_.erased, SizeIs(8));
    expect_image();
  }
}

TEST_F(Stm32Test, KnowsTheEraseOfOldBootloaders) {
  rom_.extended_erase = false;
  ASSERT_TRUE(flash().ok());
  EXPECT_THAT(rom_.erased, ElementsAre(0, 4));
  expect_image();
}

TEST_F(Stm32Test, ABootloaderThatIsAwakeAlreadyWillDo) {
  options_.leave = {{LineStep::Kind::kWait, false, milliseconds(1)}};  // it stays in the bootloader
  ASSERT_TRUE(flash().ok());
  EXPECT_EQ(rom_.started, std::nullopt);
  const auto again = flash();
  ASSERT_TRUE(again.ok()) << again.status();
  expect_image();
}

TEST_F(Stm32Test, ReadsMemory) {
  for (std::size_t i = 0; i < 600; ++i) rom_.flash[i] = static_cast<std::uint8_t>(i * 7);
  const auto flasher = make_stm32_flasher(rom_.port(), options_);
  const auto bytes = test::run(io_, flasher->read(0x08000001, 599));
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_TRUE(std::equal(bytes->begin(), bytes->end(), rom_.flash.begin() + 1));
  EXPECT_THAT(*bytes, SizeIs(599));
}

class Stm32FaultTest : public Stm32Test, public ::testing::WithParamInterface<std::tuple<Fault, std::uint8_t, int>> {};

TEST_P(Stm32FaultTest, IsSurvived) {
  const auto [fault, code, nth] = GetParam();
  inject(fault, code, nth);
  const auto report = flash();
  ASSERT_TRUE(report.ok()) << report.status();
  expect_image();
  EXPECT_EQ(rom_.started, 0x08000000U);
}

INSTANTIATE_TEST_SUITE_P(EveryCommand, Stm32FaultTest,
                         ::testing::Combine(::testing::Values(Fault::kNack, Fault::kSilence, Fault::kLoseByte,
                                                              Fault::kFlipByte, Fault::kFlipAnswer),
                                            ::testing::Values(0x00, 0x02, 0x11, 0x21, 0x31, 0x44),
                                            ::testing::Values(1)));
INSTANTIATE_TEST_SUITE_P(Later, Stm32FaultTest,
                         ::testing::Combine(::testing::Values(Fault::kNack, Fault::kSilence, Fault::kLoseByte,
                                                              Fault::kFlipByte, Fault::kFlipAnswer),
                                            ::testing::Values(0x11, 0x31), ::testing::Values(3, 6)));

TEST_F(Stm32Test, AProtectedChipSaysSo) {
  rom_.is_protected = true;
  const auto report = flash();
  EXPECT_EQ(reason_of(report.status()), "FLASH_LOCKED");
  EXPECT_EQ(rom_.flash[0], 0x00);
}

TEST_F(Stm32Test, AnotherChipIsNotTouched) {
  rom_.chip_id = 0x415;
  const auto report = flash();
  EXPECT_EQ(reason_of(report.status()), "FLASH_NO_TARGET");
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("it is 0x415, the recipe is for 0x413"));
  EXPECT_THAT(rom_.erased, IsEmpty());
}

TEST_F(Stm32Test, FlashThatDoesNotTakeTheImageIsFound) {
  image_.segments[0].bytes[0] = 0x00;
  rom_.wears_out = true;
  const auto report = flash();
  EXPECT_EQ(reason_of(report.status()), "FLASH_VERIFY");
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("at 0x08000000 it holds 0x80, written was 0x00"));
  EXPECT_EQ(rom_.started, std::nullopt);
}

TEST_F(Stm32Test, AnImageForElsewhereIsRefused) {
  image_.segments.push_back({0x20000000, {1, 2, 3, 4}});
  EXPECT_EQ(reason(), "FLASH_USAGE");
  EXPECT_THAT(rom_.erased, IsEmpty());
  options_.sectors.clear();  // not known: the bootloader refuses the address
  EXPECT_EQ(reason(), "FLASH_IO");
  image_.segments.clear();
  EXPECT_EQ(reason(), "FLASH_IMAGE_EMPTY");
}

TEST_F(Stm32Test, SilenceIsNoBootloader) {
  rom_.is_there = false;
  options_.timing.answer = milliseconds(20);
  const auto report = flash();
  EXPECT_EQ(reason_of(report.status()), "FLASH_NO_TARGET");
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("no STM32 bootloader answers"));
}

TEST_F(Stm32Test, NeverTakesLongerThanItsDeadline) {
  rom_.fault = [](std::uint8_t code, int) { return code == 0x31 ? Fault::kSilence : Fault::kNone; };
  options_.deadline = milliseconds(300);
  options_.timing.answer = std::chrono::seconds(100);
  EXPECT_EQ(reason(), "FLASH_TIMEOUT");
}

TEST_F(Stm32Test, EndsWhenItIsCancelled) {
  const auto flasher = make_stm32_flasher(rom_.port(), options_);
  rom_.fault = [&](std::uint8_t code, int) {
    if (code == 0x31) flasher->cancel();
    return Fault::kNone;
  };
  EXPECT_EQ(test::run(io_, flasher->flash(image_, {})).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(Stm32Test, APortThatIsNotThereIsNoProbe) {
  const auto flasher = make_stm32_flasher("/dev/nowhere", options_);
  EXPECT_TRUE(flasher->takes_port());
  EXPECT_EQ(reason_of(test::run(io_, flasher->flash(image_, {})).status()), "FLASH_NO_PROBE");
}

TEST(Stm32Recipe, Sectors) {
  const auto sectors = parse_sectors("4*16K,1*64K,3*128K");
  ASSERT_TRUE(sectors.ok());
  EXPECT_EQ(*sectors, Stm32Rom::sectors());
  for (const char* bad :
       {"", "4", "4*16", "0*16K", "4*0K", "4*16K,", "x*16K", "4*xK", "99999*1K", "1*99999K", "-1*1K"}) {
    EXPECT_EQ(reason_of(parse_sectors(bad).status()), "FLASH_USAGE") << bad;
  }
}

TEST(Stm32Recipe, LineSteps) {
  const auto step = parse_line_step("rts=1");
  ASSERT_TRUE(step.ok());
  EXPECT_EQ(step->kind, LineStep::Kind::kRts);
  EXPECT_TRUE(step->on);
  EXPECT_EQ(parse_line_step("wait=250")->wait, milliseconds(250));
  EXPECT_EQ(parse_line_step("dtr=0")->kind, LineStep::Kind::kDtr);
  for (const char* bad : {"", "dtr", "dtr=2", "rts=", "wait=-1", "wait=100000", "cts=1"}) {
    EXPECT_EQ(reason_of(parse_line_step(bad).status()), "FLASH_USAGE") << bad;
  }
}

}  // namespace
}  // namespace tinyrig::flash
