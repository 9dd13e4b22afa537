// Our PPK2 driver and the simulated PPK2, a PTY between them: recordings are what was drawn, and no fault is silent.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <functional>

#include "emulator/ppk2_port.h"
#include "server/base/error.h"
#include "server/power/energy_reading.h"
#include "server/power/ppk2.h"
#include "tests/support/link/run_coroutine.h"
#include "wire/trigger_line.h"

namespace tinyrig::power {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using test::run;
using ::testing::HasSubstr;

constexpr std::uint64_t kTicksPerSecond = 1'000'000;
constexpr std::uint32_t kIdleUa = 1'500, kActiveUa = 6'500;

class Ppk2Instrument : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(port->plug().ok());
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    board = Fd(ends[0]);
    port->attach_board(Fd(ends[1]));
    tell(trigger_line::Kind::kRate, kTicksPerSecond);
  }
  void TearDown() override {
    ppk2.cancel();
    port->detach_board();
    port->unplug();
    io.restart();
    io.run_for(milliseconds(20));
  }

  void tell(trigger_line::Kind kind, std::uint64_t number) {
    const trigger_line::Record record = trigger_line::encode(kind, number);
    EXPECT_EQ(::write(board.get(), record.data(), record.size()), static_cast<ssize_t>(record.size()));
  }
  void window(std::uint64_t length_us) {
    tell(trigger_line::Kind::kRose, now_us);
    tell(trigger_line::Kind::kFell, now_us + length_us);
    now_us += length_us + 1'000'000;
  }
  absl::Status wait(std::uint32_t falls, int patience_ms = 2'000) {
    return run(io, ppk2.wait_for_windows(falls, milliseconds(20), milliseconds(patience_ms)));
  }
  EnergyReading reading_of(const absl::StatusOr<Capture>& capture) {
    EXPECT_TRUE(capture.ok()) << capture.status();
    if (!capture.ok()) return {};
    const absl::StatusOr<EnergyReading> reading = read_capture(*capture);
    EXPECT_TRUE(reading.ok()) << reading.status();
    return reading.value_or(EnergyReading{});
  }
  // A recording with windows of 50 ms; `fault` in the middle of the second.
  EnergyReading record_three(const std::function<void()>& fault = [] {}) {
    EXPECT_TRUE(run(io, ppk2.start()).ok());
    EXPECT_TRUE(wait(0).ok());
    for (std::uint32_t number = 1; number <= 3; ++number) {
      window(50'000);
      if (number == 2) later(25, fault);
      EXPECT_TRUE(wait(number).ok());
    }
    return reading_of(run(io, ppk2.stop()));
  }
  void later(int after_ms, std::function<void()> work) {
    timer.expires_after(milliseconds(after_ms));
    timer.async_wait([work = std::move(work)](const boost::system::error_code& error) {
      if (!error) work();
    });
  }
  static Ppk2Options options() {
    Ppk2Options options;
    options.port = path();
    options.supply_mv = 3'300;
    options.mode = Ppk2Options::Mode::kAmpere;
    options.off_time = milliseconds(20);
    return options;
  }
  static std::string path() {
    return (std::filesystem::path(::testing::TempDir()) / ("ppk2-" + std::to_string(::getpid()))).string();
  }

  asio::io_context io;
  asio::steady_timer timer{io};
  std::shared_ptr<emulator::Ppk2Port> port =
      std::make_shared<emulator::Ppk2Port>(io.get_executor(), path(), emulator::CurrentModel{kIdleUa, kActiveUa});
  Fd board;
  std::uint64_t now_us = 1'000'000;
  Ppk2 ppk2{options()};
};

TEST_F(Ppk2Instrument, RecordsWhatTheBoardDrew) {
  const EnergyReading reading = record_three();
  EXPECT_EQ(reading.lost_samples, 0U);
  EXPECT_EQ(reading.byte_slips, 0U);
  ASSERT_EQ(reading.windows.size(), 3U);
  for (const TriggerWindow& seen : reading.windows) {
    EXPECT_NEAR(static_cast<double>(seen.samples), 5'000, 1);
    EXPECT_EQ(seen.saturated_samples, 0U);
    EXPECT_NEAR(seen.charge_uc, kActiveUa * 0.05, 1e-3 * kActiveUa * 0.05) << "within 0.1 %";
  }
  EXPECT_NEAR(reading.idle_current_ua, kIdleUa, 1e-3 * kIdleUa);
}

TEST_F(Ppk2Instrument, RecordsAgainAndAgain) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(record_three().windows.size(), 3U) << i;
  EXPECT_TRUE(run(io, ppk2.supply()).ok()) << "as a power switch it is there too";
}

TEST_F(Ppk2Instrument, OneLeftStreamingIsQuietenedFirst) {
  {
    Ppk2 crashed(options());
    ASSERT_TRUE(run(io, crashed.start()).ok());
    ASSERT_TRUE(run(io, crashed.wait_for_windows(0, milliseconds(20), milliseconds(2'000))).ok());
  }  // and its port is closed, without a stop
  EXPECT_TRUE(port->simulator().streams());
  const EnergyReading reading = record_three();
  EXPECT_EQ(reading.windows.size(), 3U);
  EXPECT_EQ(reading.lost_samples, 0U);
}

TEST_F(Ppk2Instrument, LostWordsAreCountedInTheirWindow) {
  const EnergyReading reading = record_three([this] { port->simulator().lose(40); });
  ASSERT_EQ(reading.windows.size(), 3U);
  EXPECT_EQ(reading.windows[1].lost_samples, 40U);
  EXPECT_NEAR(static_cast<double>(reading.windows[1].samples), 5'000, 1);
  EXPECT_EQ(reading.windows[0].lost_samples + reading.windows[2].lost_samples, 0U);
}

TEST_F(Ppk2Instrument, AWholeRoundOfTheCounterShortensItsWindow) {
  const EnergyReading reading = record_three([this] { port->simulator().lose(128); });
  ASSERT_EQ(reading.windows.size(), 3U);
  EXPECT_NEAR(static_cast<double>(reading.windows[1].samples), 5'000 - 128, 1) << "which the board's counter tells";
}

TEST_F(Ppk2Instrument, AWrongCounterChangesNothing) {
  const EnergyReading reading = record_three([this] { port->simulator().corrupt_counter(); });
  ASSERT_EQ(reading.windows.size(), 3U);
  EXPECT_EQ(reading.lost_samples, 0U);
  EXPECT_NEAR(static_cast<double>(reading.windows[1].samples), 5'000, 1);
}

TEST_F(Ppk2Instrument, SlippedBytesAreToldAndTheRestIsRight) {
  for (const std::size_t bytes : {1U, 2U, 3U}) {
    const EnergyReading reading = record_three([this, bytes] { port->simulator().slip(bytes); });
    EXPECT_EQ(reading.byte_slips, 1U) << bytes;
    ASSERT_EQ(reading.windows.size(), 3U) << bytes;
    EXPECT_GE(reading.windows[1].lost_samples, 1U) << bytes;
    EXPECT_LE(reading.windows[1].lost_samples, 4U) << bytes;
    EXPECT_NEAR(static_cast<double>(reading.windows[1].samples), 5'000, 1) << bytes;
  }
}

TEST_F(Ppk2Instrument, SaturationIsCounted) {
  EXPECT_EQ(record_three([this] { port->simulator().saturate(100); }).windows.at(1).saturated_samples, 100U);
}

TEST_F(Ppk2Instrument, PulledOutItSaysSoAndIsOpenedAnew) {
  ASSERT_TRUE(run(io, ppk2.start()).ok());
  later(50, [this] { port->unplug(); });
  const absl::Status gone = wait(1);
  EXPECT_EQ(reason_of(gone), "INSTRUMENT_UNREACHABLE") << gone;
  EXPECT_FALSE(run(io, ppk2.stop()).ok());
  EXPECT_EQ(reason_of(run(io, ppk2.start())), "INSTRUMENT_UNREACHABLE");
  ASSERT_TRUE(port->plug().ok());
  EXPECT_EQ(record_three().windows.size(), 3U);
}

TEST_F(Ppk2Instrument, ATriggerThatNeverFallsIsToldWithWhatToCheck) {
  ASSERT_TRUE(run(io, ppk2.start()).ok());
  const absl::Status waited = wait(1, 100);
  EXPECT_EQ(reason_of(waited), "INSTRUMENT_NO_EDGE");
  EXPECT_THAT(hint_of(waited), HasSubstr("D0"));
  EXPECT_TRUE(run(io, ppk2.stop()).ok());
}

TEST_F(Ppk2Instrument, ARecordingWithoutEndIsCutOff) {
  Ppk2Options few = options();
  few.longest_capture_bytes = 40'000;  // 100 ms
  Ppk2 small(few);
  ASSERT_TRUE(run(io, small.start()).ok());
  const absl::Status waited = run(io, small.wait_for_windows(1, milliseconds(20), milliseconds(2'000)));
  EXPECT_EQ(reason_of(waited), "CAPTURE_TOO_LONG");
  io.restart();
  io.run_for(milliseconds(50));  // more comes meanwhile
  EXPECT_EQ(reason_of(run(io, small.stop()).status()), "CAPTURE_TOO_LONG");
  EXPECT_FALSE(port->simulator().streams()) << "it was told to stop all the same";
  EXPECT_TRUE(port->simulator().output_on());
  ASSERT_TRUE(run(io, small.start()).ok()) << "the next one begins anew";
  ASSERT_TRUE(run(io, small.wait_for_windows(0, milliseconds(20), milliseconds(2'000))).ok());
  const EnergyReading next = reading_of(run(io, small.stop()));
  EXPECT_EQ(next.lost_samples, 0U);
}

TEST_F(Ppk2Instrument, AsPowerItTakesNothingFromARecording) {
  ASSERT_TRUE(run(io, ppk2.start()).ok());
  for (int i = 1; i <= 5; ++i) {
    ASSERT_TRUE(run(io, ppk2.wait_for_windows(0, milliseconds(20 * i), milliseconds(2'000))).ok());
    ASSERT_TRUE(run(io, ppk2.supply()).ok());
  }
  const EnergyReading reading = reading_of(run(io, ppk2.stop()));
  EXPECT_GE(reading.samples, 10'000U);
  EXPECT_EQ(reading.lost_samples, 0U);
  EXPECT_EQ(reading.byte_slips, 0U);
}

TEST_F(Ppk2Instrument, APowerCycleEndsTheRecording) {
  ASSERT_TRUE(run(io, ppk2.start()).ok());
  ASSERT_TRUE(wait(0).ok());
  ASSERT_TRUE(run(io, ppk2.cycle()).ok());
  EXPECT_FALSE(run(io, ppk2.stop()).ok());
  EXPECT_FALSE(port->simulator().streams());
  EXPECT_EQ(record_three().windows.size(), 3U);
}

TEST_F(Ppk2Instrument, PulledOutWhileNobodyWaits) {
  ASSERT_TRUE(run(io, ppk2.start()).ok());
  ASSERT_TRUE(wait(0).ok());
  port->unplug();
  EXPECT_EQ(reason_of(run(io, ppk2.stop()).status()), "INSTRUMENT_UNREACHABLE");
  EXPECT_EQ(reason_of(run(io, ppk2.supply())), "POWER_SWITCH_UNREACHABLE");
  ASSERT_TRUE(port->plug().ok());
  EXPECT_TRUE(run(io, ppk2.supply()).ok());
}

TEST_F(Ppk2Instrument, AConstantThatIsNoNumberIsNamed) {
  port->simulator().set_metadata_fault(emulator::Ppk2Simulator::MetadataFault::kNotANumber);
  EXPECT_THAT(record_three().details, HasSubstr("without all constants of range 2"));
}

TEST_F(Ppk2Instrument, CancelEndsAWait) {
  ASSERT_TRUE(run(io, ppk2.start()).ok());
  later(50, [this] { ppk2.cancel(); });
  EXPECT_TRUE(absl::IsCancelled(wait(1, 60'000)));
}

TEST_F(Ppk2Instrument, MetadataInPiecesAndWithoutAnEnd) {
  using Fault = emulator::Ppk2Simulator::MetadataFault;
  port->simulator().set_metadata_fault(Fault::kInThreeWrites);
  EXPECT_EQ(record_three().windows.size(), 3U);
  port->simulator().set_metadata_fault(Fault::kNoEnd);
  Ppk2 another(options());
  ppk2.cancel();
  const absl::Status refused = run(io, another.start());
  EXPECT_EQ(reason_of(refused), "INSTRUMENT_REFUSED") << refused;
}

}  // namespace
}  // namespace tinyrig::power
