// Firmware that hangs with its interrupts off, and a board that loses its power in the middle of an upload.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/e2e/farm/probe.h"
#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;

// "40c00020", as the target keeps it in memory: 0x2000c040.
std::uint32_t little_endian(const std::string& hex) {
  std::uint32_t value = 0;
  for (std::size_t byte = 0; byte < 4 && 2 * byte + 2 <= hex.size(); ++byte) {
    value |= static_cast<std::uint32_t>(std::stoul(hex.substr(2 * byte, 2), nullptr, 16)) << (8 * byte);
  }
  return value;
}

std::string hex_of(std::uint32_t value) { return absl::StrFormat("%08x", __builtin_bswap32(value)); }

// "cpsid i", and a branch to itself, so far below the stack that an interrupt that comes first leaves them alone.
boost::asio::awaitable<absl::Status> hang_with_interrupts_off(flash::RspClient& client) {
  const std::string ask_stack = "pd";
  const absl::StatusOr<std::string> stack = co_await client.command(ask_stack);
  if (!stack.ok()) co_return stack.status();
  const std::uint32_t code = (little_endian(*stack) - 1'024) & ~7U;
  const std::string write = absl::StrFormat("M%x,4:72b6fee7", code);
  const absl::Status written = co_await demand(client, write);
  if (!written.ok()) co_return written;
  const std::string jump = "Pf=" + hex_of(code);
  co_return co_await demand(client, jump);
}

TEST(HaltedBoard, AHangWithInterruptsOffEndsByAReset) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "mps2-an386");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}, .with_firmware = true});
  daemon.add_own_model("digits");
  v1::JobSpec spec = quick_job("digits", "mps2-an386");
  spec.mutable_settings()->set_sessions(2);
  spec.mutable_settings()->set_iterations(1'000);
  spec.mutable_settings()->set_silence_timeout_ms(5'000);
  const std::string job_id = daemon.api().submit(spec).job().job_id();
  ASSERT_TRUE(daemon.api().watch_runs(job_id, within(seconds(90)), [](const v1::RunSummary& run) {
    return run.step() == "session 1 of 2: measuring";
  })) << daemon.log();
  const absl::Status hung = while_halted(probe_of(emulator.farm_file()), hang_with_interrupts_off);
  ASSERT_TRUE(hung.ok()) << hung;

  // Silence in a measurement is waited for as long as the board said that it would take, in its own time, and more.
  const v1::Job job = daemon.api().finished_job(job_id, within(seconds(300)));
  EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon.log();
  const v1::Run run = daemon.api().run(job.runs(0).run_id());
  ASSERT_EQ(run.attempts_size(), 2) << run.DebugString();
  EXPECT_EQ(run.attempts(0).outcome(), v1::OUTCOME_BOARD_ERROR);
  EXPECT_EQ(run.attempts(0).reason(), "AGENT_SILENT") << run.attempts(0).message() << "\n"
                                                      << daemon.log() << emulator.process().output();
  EXPECT_EQ(run.result().latency().count(), 2'000U) << "of the second attempt alone";
  const v1::Board board = daemon.api().board(run.attempts(0).board_id());
  ASSERT_GE(board.recovery_size(), 2) << board.DebugString();
  EXPECT_EQ(board.recovery(1).rung(), "reset");
  EXPECT_EQ(board.recovery(1).helped(), 1U) << board.DebugString();
  EXPECT_EQ(board.flash_wear().firmware_writes(), 1U) << "nothing is flashed for a hang";
}

TEST(HaltedBoard, ABrownOutInMidUploadCostsAnAttemptAndNothingElse) {
  const ShortFolder folder;
  const Emulator emulator(folder.path(), "mps2-an386");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}, .with_firmware = true});
  daemon.add_own_model("vibration");
  const std::string board = "emu-an386-1";
  ASSERT_TRUE(daemon.wait_for_idle(board, within(seconds(120)))) << daemon.log();
  const auto uploads = [](const v1::RunSummary& run) { return run.step().rfind("model to ", 0) == 0; };
  // A stopped board shows whether its upload is under way: when it is not, it was too quick, and the next job gets it.
  std::string job_id;
  bool caught = false;
  for (int tries = 0; tries < 20 && !caught; ++tries) {
    job_id = daemon.api().submit(quick_job("vibration", "mps2-an386")).job().job_id();
    ASSERT_TRUE(daemon.api().watch_runs(job_id, within(seconds(60)), uploads)) << daemon.log();
    ASSERT_EQ(::kill(emulator.board_pid(board), SIGSTOP), 0);
    caught =
        !daemon.api().watch_runs(job_id, within(seconds(1)), [&](const v1::RunSummary& run) { return !uploads(run); });
    if (caught) break;
    ASSERT_EQ(::kill(emulator.board_pid(board), SIGCONT), 0);
    ASSERT_EQ(daemon.api().finished_job(job_id, within(seconds(60))).outcome(), v1::OUTCOME_SUCCEEDED) << daemon.log();
  }
  ASSERT_TRUE(caught) << "no upload was under way when the board was stopped";
  EXPECT_EQ(emulator.control("crash " + board), "ok\n");

  const v1::Job job = daemon.api().finished_job(job_id, within(seconds(150)));
  EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon.log();
  const v1::Run run = daemon.api().run(job.runs(0).run_id());
  ASSERT_EQ(run.attempts_size(), 2) << run.DebugString();
  EXPECT_EQ(run.attempts(0).outcome(), v1::OUTCOME_BOARD_ERROR);
  EXPECT_EQ(run.result().validity(), v1::VALIDITY_VALID) << run.DebugString();
  EXPECT_TRUE(daemon.wait_for_idle(board, within(seconds(60)))) << daemon.api().board(board).DebugString();
}

}  // namespace
}  // namespace tinyrig::test
