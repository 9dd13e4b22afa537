// What a keeper does with a board that has no port, or another one than before.
#include "server/boards/board_keeper.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/base/error.h"
#include "tests/support/link/run_coroutine.h"
#include "tests/support/power/ppk2_device.h"

namespace tinyrig::boards {
namespace {

class NoCheck : public BoardCheck {
 public:
  boost::asio::awaitable<absl::StatusOr<Proof>> prove(const BoardUnderCheck&) override { co_return Proof{}; }
};

class DriveFlasher : public flash::Flasher {
 public:
  DriveFlasher(bool waits, int& flashes) : waits_(waits), flashes_(flashes) {}

  boost::asio::awaitable<absl::StatusOr<flash::FlashReport>> flash(const flash::FirmwareImage&,
                                                                   flash::Progress) override {
    ++flashes_;
    co_return flash::FlashReport{};
  }
  boost::asio::awaitable<absl::StatusOr<std::vector<std::uint8_t>>> read(std::uint32_t, std::size_t) override {
    co_return std::vector<std::uint8_t>();
  }
  boost::asio::awaitable<absl::Status> reset() override { co_return absl::OkStatus(); }
  bool can_reset() const override { return false; }
  void cancel() override {}
  bool waits_for_firmware() const override { return waits_; }

 private:
  const bool waits_;
  int& flashes_;
};

using MakeFlasher = std::function<std::unique_ptr<flash::Flasher>()>;

// One board alone: what it logs is kept, what it announces is not.
class World {
 public:
  explicit World(MakeFlasher make_flasher = [] { return nullptr; }) : make_flasher_(std::move(make_flasher)) {}

  KeeperWorld of(std::function<absl::Status()> find_port = nullptr) {
    return {check_,
            clock_,
            [](const v1::Board&, Change) {},
            [this](const std::string& level, const std::string& text) { log_.push_back(level + ": " + text); },
            [] { return std::string(); },
            [this](const FarmBoard&, const CatalogEntry&) -> absl::StatusOr<std::unique_ptr<flash::Flasher>> {
              return make_flasher_();
            },
            std::move(find_port)};
  }
  const std::vector<std::string>& log() const { return log_; }

 private:
  const MakeFlasher make_flasher_;
  NoCheck check_;
  const SystemClock clock_;
  std::vector<std::string> log_;
};

// Climbs once with a board that cannot be reached, for `reason`. How often was it flashed?
int flashes_of(FarmBoard board, const std::string& reason, bool waits_in_its_bootloader = false,
               std::function<absl::Status()> find_port = nullptr) {
  boost::asio::io_context io;
  int flashes = 0;
  World world([&] { return std::make_unique<DriveFlasher>(waits_in_its_bootloader, flashes); });
  CatalogEntry type;
  type.recovery = {{Rung::kHello, std::chrono::milliseconds(1)}, {Rung::kFlash, std::chrono::milliseconds(1)}};
  BoardKeeper keeper(io.get_executor(), board, type, flash::Firmware{}, v1::Board(), world.of(std::move(find_port)));
  const absl::Status status = test::run(io, keeper.make_ready());
  EXPECT_EQ(reason_of(status), reason);
  EXPECT_EQ(keeper.port_was_gone(), reason == "PORT_NOT_FOUND");
  return flashes;
}

FarmBoard pico() {
  FarmBoard board;
  board.id = "pico-1";
  board.port = "/dev/no-such-port";
  return board;
}

TEST(BoardKeeper, ABoardWithoutAPortIsNotFlashed) { EXPECT_EQ(flashes_of(pico(), "PORT_NOT_FOUND"), 0); }

TEST(BoardKeeper, ABoardThatWaitsForFirmwareNeedsNoPort) { EXPECT_EQ(flashes_of(pico(), "PORT_NOT_FOUND", true), 1); }

TEST(BoardKeeper, OneOfTwoThatSayTheSameIsNotFlashed) {
  const auto ambiguous = [] { return make_error(absl::StatusCode::kUnavailable, "USB_AMBIGUOUS", "two of them"); };
  EXPECT_EQ(flashes_of(pico(), "USB_AMBIGUOUS", false, ambiguous), 0);
}

TEST(BoardKeeper, ABoardWithoutPowerIsNotFlashed) {
  FarmBoard board = pico();
  board.power =
      PowerSetup{.kind = "ppk2", .endpoint = "", .outlet = "/dev/no-such-ppk2", .cycle = {}, .supply_mv = 3'300};
  EXPECT_EQ(flashes_of(board, "POWER_SWITCH_UNREACHABLE"), 0);
}

TEST(BoardKeeper, OnePpk2IsPowerAndInstrument) {
  boost::asio::io_context io;
  World world;
  const auto keeper_of = [&](const FarmBoard& board) {
    return std::make_unique<BoardKeeper>(io.get_executor(), board, CatalogEntry(), std::nullopt, v1::Board(),
                                         world.of());
  };
  EXPECT_EQ(keeper_of(pico())->instrument(), nullptr);
  EXPECT_EQ(keeper_of(pico())->view().instrument(), "");
  FarmBoard board = pico();
  board.instrument = InstrumentSetup{.kind = "ppk2", .port = "/dev/no-such-ppk2", .supply_mv = 3'300};
  const auto keeper = keeper_of(board);
  ASSERT_NE(keeper->instrument(), nullptr);
  EXPECT_EQ(keeper->view().instrument(), "ppk2");
  const BoardPower apart = make_board_power(board);
  ASSERT_NE(apart.power_switch, nullptr) << "it supplies the board";
  EXPECT_EQ(apart.instrument.use_count(), 2) << "the switch has it too";
  board.instrument->supplies_board = false;
  EXPECT_EQ(make_board_power(board).power_switch, nullptr) << "it lies in the way of a supply that is not ours";
  board.power =
      PowerSetup{.kind = "ppk2", .endpoint = "", .outlet = "/dev/no-such-ppk2", .cycle = {}, .supply_mv = 3'300};
  const BoardPower joined = make_board_power(board);
  ASSERT_NE(joined.power_switch, nullptr);
  ASSERT_NE(joined.instrument, nullptr);
  EXPECT_EQ(joined.instrument.use_count(), 2);
  board.power->outlet = "/dev/another-ppk2";
  EXPECT_EQ(make_board_power(board).instrument.use_count(), 1);
}

TEST(BoardKeeper, APpk2ThatSuppliesTheBoardIsAskedForPowerWhateverElseIsSwitched) {
  boost::asio::io_context io;
  test::Ppk2Device device;
  FarmBoard board = pico();
  board.power = PowerSetup{.kind = "command", .endpoint = "", .outlet = "relay", .cycle = {"/bin/true"}};
  board.instrument = InstrumentSetup{.kind = "ppk2", .port = device.port(), .supply_mv = 1'800, .supplies_board = true};
  const BoardPower both = make_board_power(board);
  ASSERT_TRUE(test::run(io, both.power_switch->supply()).ok());
  ASSERT_TRUE(test::run(io, both.power_switch->supply()).ok()) << "and it was told to, by then";
  both.instrument->cancel();
  board.power->cycle = {"/bin/false"};
  EXPECT_EQ(reason_of(test::run(io, make_board_power(board).power_switch->cycle())), "POWER_SWITCH_REFUSED");
  const std::vector<std::string> done = device.done();
  ASSERT_GE(done.size(), 4U);
  EXPECT_EQ((std::vector<std::string>(done.begin(), done.begin() + 4)),
            (std::vector<std::string>{"stop", "metadata", "1800 mV", "source"}));
}

// A board that is named by what it is on USB: asked for before its port is opened, and again when it was away.
TEST(BoardKeeper, ThePortIsLookedForEachTime) {
  boost::asio::io_context io;
  int master = -1, slave = -1;
  char name[128];
  ASSERT_EQ(::openpty(&master, &slave, name, nullptr, nullptr), 0);
  const std::filesystem::path link = std::filesystem::path(::testing::TempDir()) / "board_keeper_test.port";
  std::filesystem::remove(link);
  int asked = 0;
  World world;
  const auto find_port = [&] {
    if (++asked == 1) {
      return make_error(absl::StatusCode::kNotFound, "PORT_NOT_FOUND", "no USB device 0483:374b:A1");
    }
    std::filesystem::create_symlink(name, link);
    return absl::OkStatus();
  };
  FarmBoard board;
  board.id = "f4-1";
  board.port = link;
  CatalogEntry type;
  type.recovery = {{Rung::kHello, std::chrono::milliseconds(1)}};
  BoardKeeper keeper(io.get_executor(), board, type, std::nullopt, v1::Board(), world.of(find_port));
  const absl::Status away = test::run(io, keeper.make_ready());
  EXPECT_EQ(reason_of(away), "PORT_NOT_FOUND");
  EXPECT_EQ(away.message(), "no USB device 0483:374b:A1");
  EXPECT_EQ(reason_of(test::run(io, keeper.make_ready())), "AGENT_SILENT") << "the port is there, and nobody behind it";
  EXPECT_EQ(asked, 2);
  std::filesystem::remove(link);
  ::close(master);
  ::close(slave);
}

struct Heard final : BoardObserver {
  void on_rung(const v1::Board& board, const std::string& rung, bool helped) override {
    all.push_back(board.id() + " " + rung + (helped ? " helped" : " failed"));
  }
  void on_firmware_write(const v1::Board&, const absl::Status& end) override {
    all.push_back("written " + std::string(absl::StatusCodeToString(end.code())));
  }
  void on_slot_write(const v1::Board&) override { all.push_back("slot"); }
  void on_line(const v1::Board&, const link::Counters&) override { all.push_back("line"); }
  void on_trouble(const v1::Board&, const std::string& reason) override { all.push_back(reason); }

  std::vector<std::string> all;
};

TEST(BoardKeeper, TellsItsObserverWhatTheBoardGoesThrough) {
  boost::asio::io_context io;
  int flashes = 0;
  World world([&] { return std::make_unique<DriveFlasher>(true, flashes); });
  Heard heard;
  KeeperWorld observed = world.of();
  observed.observer = &heard;
  CatalogEntry type;
  type.recovery = {{Rung::kHello, std::chrono::milliseconds(1)}, {Rung::kFlash, std::chrono::milliseconds(1)}};
  BoardKeeper keeper(io.get_executor(), pico(), type, flash::Firmware{}, v1::Board(), std::move(observed));
  EXPECT_EQ(reason_of(test::run(io, keeper.make_ready())), "PORT_NOT_FOUND");
  keeper.count_slot_write();
  EXPECT_EQ(heard.all, (std::vector<std::string>{"pico-1 hello failed", "PORT_NOT_FOUND", "written OK",
                                                 "pico-1 flash failed", "PORT_NOT_FOUND", "slot"}));
}

TEST(BoardKeeper, WarnsWhenFlashNearsWhatItsMakerGuarantees) {
  boost::asio::io_context io;
  World world;
  CatalogEntry type;
  type.type.set_flash_erase_cycles(10);
  v1::Board known;
  known.mutable_flash_wear()->set_model_slot_writes(6);
  BoardKeeper keeper(io.get_executor(), pico(), type, std::nullopt, known, world.of());
  for (int i = 0; i < 5; ++i) keeper.count_slot_write();
  EXPECT_EQ(keeper.view().flash_wear().model_slot_writes(), 11U);
  EXPECT_EQ(world.log(),
            (std::vector<std::string>{"warning: the model slot was written 8 times; its maker guarantees 10",
                                      "warning: the model slot was written 10 times; its maker guarantees 10"}));
}

}  // namespace
}  // namespace tinyrig::boards
