// The real avrdude, by the catalog's recipe, flashes a simulated ATmega2560 through the real bootloader of the board.
// No agent runs there: what is proven is that flash holds the image and that the program in it says which build it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/boards/catalog.h"
#include "server/flash/elf.h"
#include "server/flash/recipe_flasher.h"
#include "server/flash/tool_process.h"
#include "server/link/serial_port.h"
#include "tests/support/flash/avr_board.h"
#include "tests/support/flash/installed.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::flash {
namespace {

using std::chrono::milliseconds;
using test::AvrBoard;
using ::testing::HasSubstr;

constexpr char kBootloader[] =
    "/usr/share/arduino/hardware/arduino/avr/bootloaders/stk500v2/stk500boot_v2_mega2560.hex";
constexpr std::uint32_t kPayload = 0x2000;  // beside the program, to make writing last

class AvrdudeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const auto& [program, package] : {std::pair("avrdude", "avrdude"), std::pair("avr-gcc", "gcc-avr avr-libc")}) {
      if (!test::is_installed(program)) GTEST_SKIP() << program << " is not installed: apt-get install " << package;
    }
    if (!std::filesystem::exists(kBootloader)) {
      GTEST_SKIP() << "the bootloader is not installed: apt-get install arduino-core-avr";
    }
    const auto type = boards::load_board_type(TINYRIG_CATALOG_DIR "/arduino-mega2560.toml");
    ASSERT_TRUE(type.ok()) << type.status();
    recipe_ = *type->flasher.recipe;
    std::string pattern = (std::filesystem::temp_directory_path() / "tinyrig-avr.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    board_.emplace(kBootloader);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  FirmwareImage program(const std::string& build_id) {
    const std::string elf = folder_ / "program.elf";
    ToolProcess compiler;
    ToolRun compile;
    compile.argv = {"avr-gcc", "-mmcu=atmega2560", "-Os", "-DF_CPU=16000000UL", "-DBUILD_ID=\"" + build_id + "\"", "-o",
                    elf,       TINYRIG_AVR_PROGRAM};
    const auto compiled = test::run(io_, compiler.run(std::move(compile)));
    EXPECT_TRUE(compiled.ok() && compiled->exit_code == 0)
        << compiled.status() << (compiled.ok() ? compiled->output : "");
    std::ifstream file(elf, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    auto image = read_elf(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
    EXPECT_TRUE(image.ok()) << image.status();
    return image.ok() ? *std::move(image) : FirmwareImage{};
  }

  std::unique_ptr<Flasher> flasher() { return make_recipe_flasher(recipe_, {{"port", board_->port()}}); }

  absl::StatusOr<FlashReport> flash(const FirmwareImage& image) {
    const auto by_recipe = flasher();
    return test::run(io_, by_recipe->flash(image, {}));
  }

  bool holds(const FirmwareImage& image) {
    const std::vector<std::uint8_t> flash = board_->flash();
    return std::ranges::all_of(image.segments, [&](const Segment& segment) {
      return std::ranges::equal(segment.bytes, std::span(flash).subspan(segment.address, segment.bytes.size()));
    });
  }

  // What the program says after the reset that opening its port brings about: "this is build ID".
  std::string first_line() {
    auto port = link::SerialPort::open(io_.get_executor(), board_->port());
    if (!port.ok()) return port.status().ToString();
    const auto deadline = link::Transport::Clock::now() + std::chrono::seconds(60);
    std::string text;
    std::uint8_t bytes[256];
    while (text.find('\n') == std::string::npos) {
      const auto count = test::run(io_, (*port)->read_some(bytes, deadline));
      if (!count.ok()) return count.status().ToString();
      text.append(bytes, bytes + *count);
    }
    return text.substr(0, text.find('\n'));
  }

  // The recipe's words, one of which is another one.
  void replace(const std::string& word, const std::string& other) {
    for (std::vector<std::string>* argv : {&recipe_.write.argv, &recipe_.verify.argv}) {
      std::ranges::replace(*argv, word, other);
    }
  }

  boost::asio::io_context io_;
  std::filesystem::path folder_;
  std::optional<AvrBoard> board_;
  Recipe recipe_;
};

TEST_F(AvrdudeTest, FlashesComparesAndTheProgramRuns) {
  const FirmwareImage image = program("2f9a");
  const auto report = flash(image);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->read_back);
  EXPECT_TRUE(flasher()->takes_port());
  EXPECT_TRUE(holds(image));
  EXPECT_EQ(first_line(), "this is build 2f9a");
}

TEST_F(AvrdudeTest, AToolThatOnlySaysItWroteIsNotBelieved) {
  const FirmwareImage old = program("old");
  ASSERT_TRUE(flash(old).ok());
  const std::string liar = folder_ / "liar";
  std::ofstream(liar) << "#!/bin/sh\necho '614 bytes of flash written'\necho '614 bytes of flash verified'\n";
  std::filesystem::permissions(liar, std::filesystem::perms::owner_all);
  recipe_.write.argv = {liar, "{image}"};
  const auto report = flash(program("new"));
  EXPECT_EQ(reason_of(report.status()), "FLASH_VERIFY") << report.status();
  EXPECT_TRUE(holds(old));
  EXPECT_EQ(first_line(), "this is build old");
}

TEST_F(AvrdudeTest, AWornCellIsFound) {
  FirmwareImage image = program("2f9a");
  image.segments.push_back({kPayload, {0x11, 0x22, 0x33}});
  board_->wear_out(kPayload + 1, 0x80);
  const auto report = flash(image);
  EXPECT_EQ(reason_of(report.status()), "FLASH_VERIFY") << report.status();
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("0xa2"));
}

TEST_F(AvrdudeTest, WhenItIsKilledOrStoppedInTheMiddleTheNextTimeWillDo) {
  FirmwareImage image = program("2f9a");
  image.segments.push_back({kPayload, std::vector<std::uint8_t>(4096, 0x5A)});
  board_->when_written(kPayload + 512, [] {
    // Its process is this one's only child.
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream children(thread.path() / "children");
      for (pid_t child = 0; children >> child;) ::kill(child, SIGKILL);
    }
  });
  const auto killed = flash(image);
  EXPECT_EQ(reason_of(killed.status()), "FLASH_IO") << killed.status();
  EXPECT_THAT(std::string(killed.status().message()), HasSubstr("signal 9"));
  EXPECT_FALSE(holds(image));

  const auto stopped = flasher();
  board_->when_written(kPayload + 2048, [&] { boost::asio::post(io_, [&] { stopped->cancel(); }); });
  const auto report = test::run(io_, stopped->flash(image, {}));
  EXPECT_EQ(report.status().code(), absl::StatusCode::kCancelled) << report.status();
  EXPECT_FALSE(holds(image));

  const auto again = flash(image);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(holds(image));
  EXPECT_EQ(first_line(), "this is build 2f9a");
}

TEST_F(AvrdudeTest, AnImageThatIsTooLargeIsRefusedBeforeAnythingIsWritten) {
  FirmwareImage image = program("2f9a");
  image.segments.push_back({0x40000, std::vector<std::uint8_t>(16, 0x11)});
  const auto report = flash(image);
  EXPECT_EQ(reason_of(report.status()), "FLASH_USAGE") << report.status();
  EXPECT_EQ(board_->flash()[0], 0xFF);
}

TEST_F(AvrdudeTest, AnotherChipIsNotWritten) {
  replace("m2560", "m1280");
  const auto report = flash(program("2f9a"));
  EXPECT_EQ(reason_of(report.status()), "FLASH_NO_TARGET") << report.status();
  EXPECT_EQ(board_->flash()[0], 0xFF);
}

TEST_F(AvrdudeTest, ABoardWithoutPowerEndsAtTheDeadlineOrWhenItIsStopped) {
  board_->set_power(false);
  recipe_.deadline = milliseconds(1500);
  const FirmwareImage image = program("2f9a");
  EXPECT_EQ(reason_of(flash(image).status()), "FLASH_TIMEOUT");

  const auto stopped = flasher();
  boost::asio::post(io_, [&] { boost::asio::post(io_, [&] { stopped->cancel(); }); });  // once it runs
  EXPECT_EQ(test::run(io_, stopped->flash(image, {})).status().code(), absl::StatusCode::kCancelled);

  board_->set_power(true);
  recipe_.deadline = milliseconds(60'000);
  EXPECT_TRUE(flash(image).ok());
}

}  // namespace
}  // namespace tinyrig::flash
