// The GDB remote flasher against a stub that does its work, and against ones that do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <iterator>
#include <optional>

#include "server/base/error.h"
#include "server/flash/gdb_remote_flasher.h"
#include "tests/support/gdb_stub.h"

namespace tinyrig::flash {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class GdbRemoteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tinyrig-gdb.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    stub_.emplace(context_, folder_ / "stub");
    image_.segments.push_back({0x08000000, std::vector<std::uint8_t>(5000, 0xA5)});
    image_.segments.push_back({0x08010000, {1, 2, 3}});
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  template <typename T>
  absl::StatusOr<T> run(boost::asio::awaitable<absl::StatusOr<T>> work) {
    absl::StatusOr<T> result = absl::InternalError("did not end");
    boost::asio::co_spawn(context_, std::move(work), [&](std::exception_ptr failure, absl::StatusOr<T> value) {
      if (failure == nullptr) result = std::move(value);
      context_.stop();
    });
    context_.restart();
    context_.run();
    return result;
  }

  absl::StatusOr<FlashReport> flash(std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
    const auto flasher = make_gdb_remote_flasher({"unix:" + (folder_ / "stub").string(), "system_reset", deadline});
    return run(flasher->flash(image_, [this](std::size_t done, std::size_t total) {
      EXPECT_GT(done, progress_);
      progress_ = done;
      EXPECT_EQ(total, 2 * image_.total_bytes());
    }));
  }

  std::filesystem::path folder_;
  boost::asio::io_context context_;
  std::optional<test::GdbStub> stub_;
  FirmwareImage image_;
  std::size_t progress_ = 0;
};

TEST_F(GdbRemoteTest, WritesVerifiesResetsAndDetaches) {
  const auto report = flash();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->bytes_written, 5003U);
  EXPECT_EQ(progress_, 2 * 5003U);
  EXPECT_EQ(stub_->memory[0x08000000], 0xA5);
  EXPECT_EQ(stub_->memory[0x08000000 + 4999], 0xA5);
  EXPECT_EQ(stub_->memory[0x08010002], 3);
  EXPECT_THAT(stub_->commands, Contains("qRcmd," + to_hex(std::string_view("system_reset"))));
  EXPECT_EQ(stub_->commands.back(), "D");
}

TEST_F(GdbRemoteTest, ResetWritesNothing) {
  const auto flasher = make_gdb_remote_flasher({"unix:" + (folder_ / "stub").string(), "system_reset"});
  ASSERT_TRUE(flasher->can_reset());
  absl::Status status = absl::InternalError("did not end");
  boost::asio::co_spawn(context_, flasher->reset(), [&](std::exception_ptr, absl::Status ended) {
    status = std::move(ended);
    context_.stop();
  });
  context_.run();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(stub_->commands, Contains("qRcmd," + to_hex(std::string_view("system_reset"))));
  EXPECT_EQ(stub_->commands.back(), "D");
  for (const std::string& command : stub_->commands) EXPECT_NE(command[0], 'M');
}

TEST_F(GdbRemoteTest, KeepsToThePacketSizeOfTheStub) {
  stub_->features = "PacketSize=100";
  ASSERT_TRUE(flash().ok());
  for (const std::string& command : stub_->commands) EXPECT_LE(command.size(), 0x100U);
}

TEST_F(GdbRemoteTest, SurvivesDamagedAndRefusedPackets) {
  stub_->instead = [](const std::string&, int nth) -> std::optional<std::string> {
    if (nth == 4) return "-";        // the stub got it damaged, once
    if (nth == 6) return "+$OK#00";  // we get it damaged, once
    return std::nullopt;
  };
  const auto report = flash();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(stub_->memory[0x08000000 + 4999], 0xA5);
}

TEST_F(GdbRemoteTest, SaysWhereFlashDiffers) {
  stub_->instead = [this](const std::string& command, int) -> std::optional<std::string> {
    if (command[0] == 'm') stub_->memory[0x08000000 + 1234] = 0x55;
    return std::nullopt;
  };
  const auto report = flash();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(reason_of(report.status()), "FLASH_VERIFY_FAILED");
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("0x080004d2"));
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("0x55"));
}

TEST_F(GdbRemoteTest, ReportsRefusedWrites) {
  stub_->instead = [](const std::string& command, int) -> std::optional<std::string> {
    return command[0] == 'M' ? std::optional("+" + encode_packet("E14")) : std::nullopt;
  };
  const auto report = flash();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(reason_of(report.status()), "FLASH_WRITE_REFUSED");
}

TEST_F(GdbRemoteTest, ReportsWhatIsNoStub) {
  const std::pair<const char*, const char*> garbage[] = {{"m", "zz"}, {"m", "00"},  {"?", "W00"},
                                                         {"?", ""},   {"D", "E01"}, {"m", "\x01\x02"}};
  for (const auto& [asked, answer] : garbage) {
    SCOPED_TRACE(std::string(asked) + " -> " + answer);
    std::filesystem::remove(folder_ / "stub");
    stub_.emplace(context_, folder_ / "stub");
    progress_ = 0;
    stub_->instead = [asked = asked, answer = answer](const std::string& command, int) -> std::optional<std::string> {
      return command[0] == *asked ? std::optional("+" + encode_packet(answer)) : std::nullopt;
    };
    const auto report = flash();
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(reason_of(report.status()), "FLASHER_PROTOCOL");
  }
}

TEST_F(GdbRemoteTest, EndlessDamageEnds) {
  stub_->instead = [](const std::string&, int) -> std::optional<std::string> { return "-"; };
  const auto report = flash();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(reason_of(report.status()), "FLASHER_PROTOCOL");
}

TEST_F(GdbRemoteTest, SilenceEndsAtTheDeadline) {
  stub_->instead = [](const std::string& command, int) -> std::optional<std::string> {
    return command[0] == 'M' ? std::optional<std::string>("") : std::nullopt;
  };
  const auto report = flash(std::chrono::milliseconds(100));
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(reason_of(report.status()), "FLASHER_TIMEOUT");
}

TEST_F(GdbRemoteTest, EndsWhenItIsCancelled) {
  const auto flasher = make_gdb_remote_flasher({"unix:" + (folder_ / "stub").string()});
  stub_->instead = [&](const std::string& command, int) -> std::optional<std::string> {
    if (command[0] != 'M') return std::nullopt;
    flasher->cancel();
    return "";
  };
  EXPECT_EQ(run(flasher->flash(image_, {})).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(GdbRemoteTest, ReportsALostConnection) {
  stub_->instead = [](const std::string& command, int) -> std::optional<std::string> {
    return command[0] == 'M' ? std::optional<std::string>("close") : std::nullopt;
  };
  const auto report = flash();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(reason_of(report.status()), "FLASHER_LOST");
}

TEST_F(GdbRemoteTest, ReportsWhatCannotBeReached) {
  for (const char* endpoint : {"unix:/nonexistent/stub", "tcp:127.0.0.1:1", "bluetooth:x", "tcp:nowhere", "unix:"}) {
    const auto flasher = make_gdb_remote_flasher({endpoint, "reset", std::chrono::seconds(5)});
    const auto report = run(flasher->flash(image_, {}));
    ASSERT_FALSE(report.ok()) << endpoint;
    EXPECT_EQ(reason_of(report.status()), "FLASHER_UNREACHABLE") << endpoint;
    EXPECT_THAT(std::string(report.status().message()), HasSubstr(endpoint));
  }
}

TEST_F(GdbRemoteTest, RefusesAnEmptyImage) {
  image_.segments.clear();
  const auto report = flash();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(reason_of(report.status()), "FLASH_IMAGE_EMPTY");
}

TEST_F(GdbRemoteTest, ReadsMemory) {
  for (std::uint32_t i = 0; i < 3000; ++i) stub_->memory[0x1000 + i] = static_cast<std::uint8_t>(i);
  const auto flasher = make_gdb_remote_flasher({"unix:" + (folder_ / "stub").string()});
  const auto bytes = run(flasher->read(0x1000, 3000));
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  ASSERT_EQ(bytes->size(), 3000U);
  EXPECT_EQ((*bytes)[2999], static_cast<std::uint8_t>(2999));
}

// A probe that tells which memory is flash, in which blocks.
class GdbFlashTest : public GdbRemoteTest {
 protected:
  void SetUp() override {
    GdbRemoteTest::SetUp();
    stub_->add_flash({0x08000000, 0x10000, 0x1000});
    stub_->add_flash({0x08010000, 0x10000, 0x8000});
    for (std::size_t i = 0; i < 5000; ++i) image_.segments[0].bytes[i] = static_cast<std::uint8_t>(i);  // all bytes
  }

  std::vector<std::string> commands(const std::string& start) {
    std::vector<std::string> found;
    std::ranges::copy_if(stub_->commands, std::back_inserter(found),
                         [&](const std::string& command) { return command.starts_with(start); });
    return found;
  }
  void refuse(const std::string& start, const std::string& answer) {
    stub_->instead = [=](const std::string& command, int) -> std::optional<std::string> {
      return command.starts_with(start) ? std::optional("+" + encode_packet(answer)) : std::nullopt;
    };
  }
};

TEST_F(GdbFlashTest, ErasesTheBlocksOfTheImageAndWritesThemByVFlash) {
  stub_->memory[0x08001FFF] = 0x11;  // beside the image, in one of its blocks
  stub_->memory[0x08002000] = 0x22;
  std::swap(image_.segments[0], image_.segments[1]);
  const auto report = flash();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(progress_, 2 * 5003U);
  for (std::uint32_t i = 0; i < 5000; ++i) ASSERT_EQ(stub_->memory[0x08000000 + i], static_cast<std::uint8_t>(i)) << i;
  EXPECT_EQ(stub_->memory[0x08010002], 3);
  EXPECT_EQ(stub_->memory[0x08001FFF], 0xFF);
  EXPECT_EQ(stub_->memory[0x08002000], 0x22);
  EXPECT_THAT(commands("vFlashErase"), ElementsAre("vFlashErase:8000000,2000", "vFlashErase:8010000,8000"));
  EXPECT_THAT(commands("vFlashDone"), SizeIs(1));
  EXPECT_THAT(commands("M"), IsEmpty());
}

TEST_F(GdbFlashTest, WhatLiesBesideFlashIsWrittenAsMemory) {
  image_.segments = {{0x20000000, std::vector<std::uint8_t>(3, 0x77)},
                     {0x0801F000, std::vector<std::uint8_t>(5000, 0x66)}};  // ends in what is no flash any more
  const auto report = flash();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(commands("vFlashErase"), ElementsAre("vFlashErase:8018000,8000"));
  EXPECT_THAT(commands("M"), ElementsAre(HasSubstr("M8020000,388:"), HasSubstr("M20000000,3:")));
  EXPECT_EQ(stub_->memory[0x0801F000 + 4999], 0x66);
}

TEST_F(GdbFlashTest, EscapedBytesKeepToThePacketSize) {
  stub_->features = "PacketSize=100;qXfer:memory-map:read+";
  image_.segments[0].bytes.assign(5000, '}');
  ASSERT_TRUE(flash().ok());
  EXPECT_EQ(stub_->memory[0x08000000 + 4999], '}');
  for (const std::string& command : stub_->commands) EXPECT_LE(encode_packet(command).size(), 0x100U);
}

TEST_F(GdbFlashTest, ReportsWhatTheProbeRefuses) {
  const std::array<const char*, 3> refusals[] = {
      {"vFlashErase", "E01", "refused to erase 8192 bytes of flash at 0x8000000"},
      {"vFlashWrite", "E.memtype", "\"E.memtype\""},
      {"vFlashDone", "", "refused to end the writing of flash"}};
  for (const auto& [command, answer, words] : refusals) {
    std::filesystem::remove(folder_ / "stub");
    stub_.emplace(context_, folder_ / "stub");
    stub_->add_flash({0x08000000, 0x20000, 0x1000});
    progress_ = 0;
    refuse(command, answer);
    const auto report = flash();
    EXPECT_EQ(reason_of(report.status()), "FLASH_WRITE_REFUSED") << command;
    EXPECT_THAT(std::string(report.status().message()), HasSubstr(words));
  }
}

TEST_F(GdbFlashTest, AProbeThatHasNoMapAfterAllIsWrittenAsMemory) {
  refuse("qXfer", "E00");
  EXPECT_EQ(reason_of(flash().status()), "FLASH_WRITE_REFUSED");
  EXPECT_THAT(commands("M"), SizeIs(1));
}

TEST_F(GdbFlashTest, AMapThatMakesNoSenseIsNotGuessedAt) {
  stub_->memory_map = "<memory-map><memory type='flash' start='0x08000000'></memory></memory-map>";
  EXPECT_EQ(reason_of(flash().status()), "FLASHER_PROTOCOL");
  EXPECT_THAT(commands("M"), IsEmpty());
}

TEST_F(GdbFlashTest, AMapThatNeverEndsIsNotRead) {
  refuse("qXfer", "m" + std::string(1000, ' '));
  EXPECT_EQ(reason_of(flash().status()), "FLASHER_PROTOCOL");
  EXPECT_LT(commands("qXfer").size(), 100U);
}

TEST_F(GdbFlashTest, AMapThatStopsInTheMiddleIsRefused) {
  refuse("qXfer", "m");
  EXPECT_EQ(reason_of(flash().status()), "FLASHER_PROTOCOL");
}

}  // namespace
}  // namespace tinyrig::flash
