// Instruments of the farm, as their host sees them: a port that speaks like a PPK2, the board's windows in its words,
// faults on request.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "emulator/catalog.h"
#include "server/link/agent_session.h"
#include "server/link/serial_port.h"
#include "tests/integration/emulator/flashable_board.h"
#include "tests/integration/emulator/ppk2_host.h"
#include "tests/integration/emulator/run_awaitable.h"
#include "tests/support/emulator/console.h"
#include "tests/support/emulator/farm_process.h"
#include "tests/unit/emulator/ppk2_words.h"
#include "wire/trigger_line.h"

namespace tinyrig {
namespace {

using test::FarmProcess;
using test::Ppk2Host;
using test::Word;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kMeasured[] = "emu-an386-1";

class Ppk2OfABoard : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(farm_.wait_for_log("boards are on")) << farm_.log(); }
  std::filesystem::path port() const { return farm_.run_folder() / (std::string(kMeasured) + ".ppk2"); }
  std::string instrument(const std::string& what) {
    return farm_.control("instrument " + std::string(kMeasured) + " " + what);
  }

  FarmProcess farm_{{"--boards", "mps2-an386,microbit"}};
};

TEST_F(Ppk2OfABoard, StreamsTheBoardsIdleCurrent) {
  Ppk2Host host(port());
  ASSERT_TRUE(host.is_open());
  const std::string metadata = host.metadata();
  EXPECT_THAT(metadata, StartsWith("Calibrated: 0\nR0: 1003.3506\n"));
  EXPECT_THAT(metadata, HasSubstr("\nIA: 56\nEND\n"));
  EXPECT_EQ(farm_.status(kMeasured, "instrument"), "idle");

  const auto began = std::chrono::steady_clock::now();
  host.start();
  const std::vector<Word> words = host.words(20'000);
  // It is paced: not earlier than a real one, whatever the load of this machine.
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(199));
  ASSERT_EQ(words.size(), 20'000U);
  EXPECT_EQ(farm_.status(kMeasured, "instrument"), "streaming");
  EXPECT_EQ(test::counter_breaks(words), 0U);
  EXPECT_NEAR(test::mean_ua(words, 3.3), 1500, 0.15);
  for (const Word& word : words) ASSERT_EQ(word.logic, 0);

  ASSERT_EQ(farm_.control("power emu-an386-1 off"), "ok\n");
  std::vector<Word> off;
  for (int tries = 0; tries < 100 && (off.empty() || off.back().range != 0); ++tries) off = host.words(1'000);
  ASSERT_EQ(off.size(), 1'000U);
  EXPECT_NEAR(off.back().current_ua(3.3), 0, 0.1);
  host.stop_and_drain();
  EXPECT_THAT(host.metadata(), HasSubstr("VDD: 3300\n"));
}

TEST_F(Ppk2OfABoard, StreamsOnWhenItsHostIsGoneAndSwitchesItsOutputOff) {
  Ppk2Host crashed(port());
  crashed.start();
  ASSERT_EQ(crashed.words(1'000).size(), 1'000U);
  EXPECT_EQ(farm_.status(kMeasured, "output"), "on");
  crashed.close();
  // Asked for as often as it takes.
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (farm_.status(kMeasured, "output") == "on" && std::chrono::steady_clock::now() < patience) {
  }
  EXPECT_EQ(farm_.status(kMeasured, "output"), "off");
  EXPECT_EQ(farm_.status(kMeasured, "instrument"), "streaming");
  Ppk2Host next(port());
  // Words of before, and then without a current: this host has switched nothing on.
  std::vector<Word> words;
  for (int tries = 0; tries < 1'000 && (words.empty() || words.back().range != 0); ++tries) words = next.words(1'000);
  ASSERT_EQ(words.size(), 1'000U);
  EXPECT_NEAR(words.back().current_ua(3.3), 0, 0.1);
  next.stop_and_drain();
  EXPECT_THAT(next.metadata(), StartsWith("Calibrated"));
  next.start();
  EXPECT_NEAR(test::mean_ua(next.words(10'000), 3.3), 1500, 0.15);
}

TEST_F(Ppk2OfABoard, FaultsComeOnRequest) {
  Ppk2Host host(port());
  EXPECT_THAT(instrument("lose 5"), StartsWith("error INSTRUMENT_IDLE"));
  host.start();
  ASSERT_EQ(host.words(1).size(), 1U);
  std::uint32_t last = host.words(1).at(0).counter;
  struct Seen {
    std::size_t saturated = 0, breaks = 0, missing = 0;
  };
  // In as many words as there can be on the way, and those that the fault is in.
  const auto after = [&](const std::string& fault) {
    EXPECT_EQ(instrument(fault), "ok\n");
    Seen seen;
    for (const Word& word : host.words(100'000)) {
      seen.saturated += word.code == 0x3FFF;
      const std::uint32_t gap = (word.counter - last - 1) % 64;
      seen.breaks += gap != 0;
      seen.missing += gap;
      last = word.counter;
    }
    return seen;
  };
  const Seen lost = after("lose 5");
  EXPECT_EQ(lost.breaks, 1U);
  EXPECT_EQ(lost.missing, 5U);
  EXPECT_EQ(lost.saturated, 0U);
  const Seen corrupted = after("corrupt");
  EXPECT_EQ(corrupted.breaks, 2U);
  EXPECT_EQ(corrupted.missing, 64U);  // there and back
  const Seen saturated = after("saturate 10");
  EXPECT_EQ(saturated.breaks, 0U);
  EXPECT_EQ(saturated.saturated, 10U);
  const Seen slipped = after("slip 2");
  EXPECT_GT(slipped.breaks, 10'000U);  // to the end, for who does not look for words anew
}

TEST_F(Ppk2OfABoard, IsUnpluggedAndComesBackAsNew) {
  Ppk2Host before(port());
  before.start();
  ASSERT_EQ(before.words(10).size(), 10U);
  EXPECT_EQ(instrument("unplug"), "ok\n");
  EXPECT_TRUE(before.hung_up());
  EXPECT_FALSE(std::filesystem::exists(port()));
  EXPECT_EQ(farm_.status(kMeasured, "instrument"), "unplugged");
  EXPECT_EQ(instrument("plug"), "ok\n");
  Ppk2Host after(port());
  EXPECT_THAT(after.metadata(), HasSubstr("VDD: 3000\n"));
}

TEST_F(Ppk2OfABoard, ControlRefusesWhatItDoesNotKnow) {
  EXPECT_THAT(farm_.control("instrument emu-an386-9 plug"), StartsWith("error BOARD_UNKNOWN"));
  EXPECT_THAT(farm_.control("instrument emu-microbit-1 plug"), StartsWith("error NO_INSTRUMENT"));
  EXPECT_EQ(farm_.status("emu-microbit-1", "instrument"), "none");
  for (const char* what : {"", "explode", "lose", "lose 0", "lose many", "lose 5 6", "slip 4", "corrupt 1", "plug 1"}) {
    EXPECT_THAT(instrument(what), StartsWith("error BAD_REQUEST")) << what;
  }
}

TEST(Ppk2, TheFarmFileNamesIt) {
  const std::string file = std::filesystem::temp_directory_path() / ("tinyrig-ppk2-" + std::to_string(::getpid()));
  const auto written = [&](std::vector<std::string> options) {
    options.insert(options.end(), {"--boards", "mps2-an386,microbit", "--write-farm", file});
    FarmProcess farm(options);
    EXPECT_TRUE(farm.wait_for_log("boards are on")) << farm.log();
    std::ifstream stream(file);
    std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    std::filesystem::remove(file);
    EXPECT_EQ(farm.terminate(), 0);
    EXPECT_TRUE(std::filesystem::is_empty(farm.run_folder()));
    return text;
  };
  const std::string with = written({});
  EXPECT_THAT(with, HasSubstr("instrument = { kind = \"ppk2\", port = \"/"));
  EXPECT_THAT(with, HasSubstr("/emu-an386-1.ppk2\", supply_mv = 3300 }"));
  EXPECT_THAT(with, Not(HasSubstr("emu-microbit-1.ppk2")));
  EXPECT_THAT(written({"--no-instruments"}), Not(HasSubstr("instrument")));
}

// For printf.
std::string escaped(trigger_line::Kind kind, std::uint64_t number) {
  std::string text;
  for (const std::uint8_t byte : trigger_line::encode(kind, number)) {
    char octal[8];
    std::snprintf(octal, sizeof octal, "\\%03o", byte);
    text += octal;
  }
  return text;
}

// A board whose agent is a shell: it tells of windows when it is asked to.
TEST(Ppk2, SeesWindowsAsLongAsTheyWereByTheBoardsClock) {
  using trigger_line::Kind;
  constexpr std::uint64_t kRate = 1'000'000'000;
  const auto window = [](std::uint64_t begin, std::uint64_t ticks) {
    return escaped(Kind::kRose, begin) + escaped(Kind::kFell, begin + ticks);
  };
  const std::string script = "printf '" + escaped(Kind::kRate, kRate) + "' >&4; while read request <&3; do printf '" +
                             window(5'000, 100'000'000) + window(200'000'000, 50'004'000) + "' >&4; done";
  FarmProcess farm(
      {"--boards", "host", "--host-agent", "/bin/sh", "--host-agent-argument=-c", "--host-agent-argument=" + script});
  ASSERT_TRUE(farm.wait_for_log("boards are on")) << farm.log();
  test::Console board(farm.port("host-1"));
  Ppk2Host host(farm.run_folder() / "host-1.ppk2");
  ASSERT_TRUE(host.is_open());

  for (int round = 0; round < 2; ++round) {
    host.start();
    ASSERT_EQ(host.words(1'000).size(), 1'000U);
    ASSERT_TRUE(board.send("go\n"));
    const auto [words, windows, idle] = host.record(2, 30'000);
    EXPECT_EQ(test::counter_breaks(words), 0U);
    ASSERT_EQ(windows.size(), 2U);
    EXPECT_EQ(windows[0].size(), 10'000U);
    EXPECT_EQ(windows[1].size(), 5'000U);  // and 0.4 of a sample, which is low
    for (const auto& samples : windows) EXPECT_NEAR(test::mean_ua(samples, 3.3), 120'000, 12);
    EXPECT_NEAR(test::mean_ua(idle, 3.3), 5'000, 2);  // and what was left of a sample
    host.stop_and_drain();
  }
}

class Ppk2OfEveryBoard : public test::FlashableBoardTest {};

TEST_P(Ppk2OfEveryBoard, SeesTheWindowThatTheAgentMeasured) {
  const char* id = GetParam().id;
  const auto catalog = emulator::load_catalog(farm_.environment().catalog);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  const auto& current = catalog->at(GetParam().type).current;
  ASSERT_EQ(farm_.status(id, "instrument"), current.has_value() ? "idle" : "none");
  if (!current.has_value()) return;
  ASSERT_TRUE(test::run(context_, flasher_->flash(firmware_.image, {})).ok());
  auto port = link::SerialPort::open(context_.get_executor(), farm_.port(id));
  ASSERT_TRUE(port.ok()) << port.status();
  link::AgentSession session(*std::move(port));
  const auto hello = test::run(context_, session.hello(std::chrono::seconds(20)));
  ASSERT_TRUE(hello.ok()) << hello.status();
  ASSERT_NE(hello->capabilities() & agent::v1::CAPABILITY_TRIGGER, 0U);

  Ppk2Host host(farm_.run_folder() / (std::string(id) + ".ppk2"));
  host.start();
  ASSERT_EQ(host.words(1'000).size(), 1'000U);
  // Between two windows that are recorded one that is not.
  for (const std::uint32_t loops : {400'000U, 100'000U}) {
    const auto report = test::run(context_, session.calibrate(loops));
    ASSERT_TRUE(report.ok()) << report.status();
    const auto recording = host.record(1, 2'000);
    ASSERT_EQ(recording.windows.size(), 1U);
    const auto& window = recording.windows[0];
    const double samples = static_cast<double>(report->ticks()) * 1e5 / static_cast<double>(hello->ticks_per_second());
    // Edges are around the loop, not in it.
    EXPECT_NEAR(static_cast<double>(window.size()), samples, 5) << loops;
    EXPECT_EQ(test::counter_breaks(recording.words), 0U);
    EXPECT_NEAR(test::mean_ua(window, 3.3), current->active_ua, current->active_ua * 1e-3);
    EXPECT_NEAR(test::mean_ua(recording.idle, 3.3), current->idle_ua, current->idle_ua * 1e-2);
    host.stop_and_drain();
    ASSERT_TRUE(test::run(context_, session.calibrate(1'000)).ok());
    host.start();
    ASSERT_EQ(host.words(1'000).size(), 1'000U);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryBoard, Ppk2OfEveryBoard, ::testing::ValuesIn(test::kBoards), test::test_name);

}  // namespace
}  // namespace tinyrig
