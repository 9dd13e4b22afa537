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

#include "server/base/error.h"
#include "tests/support/link/run_coroutine.h"

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

// Climbs once with a board that cannot be reached, for `reason`. How often was it flashed?
int flashes_of(FarmBoard board, const std::string& reason, bool waits_in_its_bootloader = false,
               std::function<absl::Status()> find_port = nullptr) {
  boost::asio::io_context io;
  NoCheck check;
  const SystemClock clock;
  int flashes = 0;
  KeeperWorld world{check,
                    clock,
                    [](const v1::Board&, Change) {},
                    [](const std::string&, const std::string&) {},
                    [] { return std::string(); },
                    [&](const FarmBoard&, const CatalogEntry&) -> absl::StatusOr<std::unique_ptr<flash::Flasher>> {
                      return std::make_unique<DriveFlasher>(waits_in_its_bootloader, flashes);
                    },
                    std::move(find_port)};
  CatalogEntry type;
  type.recovery = {{Rung::kHello, std::chrono::milliseconds(1)}, {Rung::kFlash, std::chrono::milliseconds(1)}};
  BoardKeeper keeper(io.get_executor(), board, type, flash::Firmware{}, v1::Board(), std::move(world));
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

// A board that is named by what it is on USB: asked for before its port is opened, and again when it was away.
TEST(BoardKeeper, ThePortIsLookedForEachTime) {
  boost::asio::io_context io;
  NoCheck check;
  const SystemClock clock;
  int master = -1, slave = -1;
  char name[128];
  ASSERT_EQ(::openpty(&master, &slave, name, nullptr, nullptr), 0);
  const std::filesystem::path link = std::filesystem::path(::testing::TempDir()) / "board_keeper_test.port";
  std::filesystem::remove(link);
  int asked = 0;
  KeeperWorld world{check,
                    clock,
                    [](const v1::Board&, Change) {},
                    [](const std::string&, const std::string&) {},
                    [] { return std::string(); },
                    [](const FarmBoard&, const CatalogEntry&) -> absl::StatusOr<std::unique_ptr<flash::Flasher>> {
                      return std::unique_ptr<flash::Flasher>();
                    },
                    [&] {
                      if (++asked == 1) {
                        return make_error(absl::StatusCode::kNotFound, "PORT_NOT_FOUND", "no USB device 0483:374b:A1");
                      }
                      std::filesystem::create_symlink(name, link);
                      return absl::OkStatus();
                    }};
  FarmBoard board;
  board.id = "f4-1";
  board.port = link;
  CatalogEntry type;
  type.recovery = {{Rung::kHello, std::chrono::milliseconds(1)}};
  BoardKeeper keeper(io.get_executor(), board, type, std::nullopt, v1::Board(), std::move(world));
  const absl::Status away = test::run(io, keeper.make_ready());
  EXPECT_EQ(reason_of(away), "PORT_NOT_FOUND");
  EXPECT_EQ(away.message(), "no USB device 0483:374b:A1");
  EXPECT_EQ(reason_of(test::run(io, keeper.make_ready())), "AGENT_SILENT") << "the port is there, and nobody behind it";
  EXPECT_EQ(asked, 2);
  std::filesystem::remove(link);
  ::close(master);
  ::close(slave);
}

}  // namespace
}  // namespace tinyrig::boards
