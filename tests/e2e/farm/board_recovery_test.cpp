// The ladder by which boards are brought back: which rung helped, what is left out, and whom it must not disturb.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " in " << text;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// "helped/tried" of a rung; "-": it was never tried.
std::string rung(const v1::Board& board, const std::string& name) {
  for (const v1::RecoveryRung& tried : board.recovery()) {
    if (tried.rung() == name) return std::to_string(tried.helped()) + "/" + std::to_string(tried.tried());
  }
  return "-";
}

bool wait_for(Daemon& daemon, const std::string& board, const std::function<bool(const v1::Board&)>& condition) {
  return wait_until(daemon.process(), within(seconds(120)), [&] { return condition(daemon.api().board(board)); });
}

TEST(BoardRecovery, ABlankBoardIsFlashedAndADeadOneIsPowerCycled) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "microbit");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}, .with_firmware = true});
  const std::string id = "emu-microbit-1";
  ASSERT_TRUE(daemon.wait_for_idle(id, within(seconds(120)))) << daemon.log();
  v1::Board board = daemon.api().board(id);
  EXPECT_EQ(rung(board, "hello"), "0/1");
  EXPECT_EQ(rung(board, "reset"), "-") << "nothing but an agent helps a board that never had one";
  EXPECT_EQ(rung(board, "power-cycle"), "-");
  EXPECT_EQ(rung(board, "flash"), "1/1");

  EXPECT_EQ(emulator.control("crash " + id), "ok\n");
  ASSERT_TRUE(wait_for(daemon, id, [](const v1::Board& now) { return rung(now, "power-cycle") == "1/1"; }))
      << daemon.api().board(id).DebugString() << daemon.log();
  ASSERT_TRUE(daemon.wait_for_idle(id, within(seconds(60)))) << daemon.log();
  board = daemon.api().board(id);
  EXPECT_EQ(rung(board, "reset"), "0/1");
  EXPECT_EQ(rung(board, "flash"), "1/1") << "the image was still there";
  const Ended shown = daemon.cli({"board", "show", id});
  EXPECT_THAT(shown.output, HasSubstr("  recovery    hello: helped 0 of 2 times, last 20"));
  EXPECT_THAT(shown.output, HasSubstr("power-cycle: helped 1 of 1 time,"));
  EXPECT_THAT(daemon.cli({"board", "log", id}).output, HasSubstr(": power-cycle"));
  EXPECT_EQ(board.flash_wear().firmware_writes(), 1U);

  daemon.kill();
  daemon.start();
  ASSERT_TRUE(daemon.wait_for_idle(id, within(seconds(60)))) << daemon.log();
  EXPECT_EQ(rung(daemon.api().board(id), "hello"), "1/3") << "counted on over restarts";
  EXPECT_EQ(daemon.api().board(id).flash_wear().firmware_writes(), 1U) << "so is what wears its flash";
}

// A stopped QEMU answers nobody, its debug port included.
TEST(BoardRecovery, ABoardWhoseProbeHangsTooIsPowerCycled) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "microbit");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}, .with_firmware = true});
  const std::string id = "emu-microbit-1";
  ASSERT_TRUE(daemon.wait_for_idle(id, within(seconds(120)))) << daemon.log();
  ASSERT_EQ(::kill(emulator.board_pid(id), SIGSTOP), 0);
  ASSERT_TRUE(wait_for(daemon, id, [](const v1::Board& now) { return rung(now, "power-cycle") == "1/1"; }))
      << daemon.api().board(id).DebugString() << daemon.log();
  EXPECT_TRUE(daemon.wait_for_idle(id, within(seconds(60)))) << daemon.log();
}

TEST(BoardRecovery, ARungThatDoesNotHelpRests) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host", programs().bad_agent, {"--mode=silent"});
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  ASSERT_TRUE(wait_for(daemon, "host-1", [](const v1::Board& now) { return rung(now, "hello") == "0/3"; }))
      << daemon.log();
  EXPECT_EQ(rung(daemon.api().board("host-1"), "power-cycle"), "0/1");
  EXPECT_THAT(daemon.cli({"board", "log", "host-1"}).output, HasSubstr("no power-cycle: it did not help, and rests"));
  EXPECT_THAT(daemon.cli({"board", "show", "host-1"}).output, HasSubstr("without success: "));
}

// Like a board on USB of its own, which is away for a second after its power has gone and come.
TEST(BoardRecovery, APortThatIsAwayAfterThePowerCycleIsWaitedFor) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host");
  const std::string script =
      "import socket, subprocess, sys\n"
      "def ask(text):\n"
      "  line = socket.socket(socket.AF_UNIX); line.connect(sys.argv[1]); line.send(text.encode()); line.recv(99)\n"
      "if len(sys.argv) > 2: import time; time.sleep(1); ask('plug host-1\\n'); sys.exit()\n"
      "ask('unplug host-1\\n'); ask('power host-1 cycle\\n')\n"
      "quiet = subprocess.DEVNULL\n"
      "subprocess.Popen([sys.executable, sys.argv[0], sys.argv[1], 'plug'], stdin=quiet, stdout=quiet, stderr=quiet,\n"
      "                 start_new_session=True)\n";
  const std::filesystem::path program = folder.path() / "switch.py", farm = folder.path() / "usb.toml";
  std::ofstream(program) << script;
  std::string text = text_of(emulator.farm_file());
  const std::size_t power = text.find("power = ");
  text = replaced(text, text.substr(power, text.find('\n', power) - power),
                  "power = { kind = \"command\", cycle = [\"python3\", \"" + program.string() + "\", \"" +
                      (emulator.run_folder() / "control.sock").string() + "\"] }");
  std::ofstream(farm) << text;
  Daemon daemon(folder.path(), {.farm_files = {farm}});
  ASSERT_TRUE(daemon.wait_for_idle("host-1", within(seconds(60)))) << daemon.log();
  EXPECT_EQ(emulator.control("crash host-1"), "ok\n");
  ASSERT_TRUE(wait_for(daemon, "host-1", [](const v1::Board& now) { return rung(now, "power-cycle") != "-"; }))
      << daemon.log();
  EXPECT_EQ(rung(daemon.api().board("host-1"), "power-cycle"), "1/1") << daemon.log();
}

TEST(BoardRecovery, SwappedBoardsAreToldApartAndLeftAlone) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host=2");
  const std::string port_1 = (emulator.run_folder() / "host-1").string();
  const std::string port_2 = (emulator.run_folder() / "host-2").string();
  std::string swapped = text_of(emulator.farm_file());
  swapped = replaced(swapped, "\"" + port_1 + "\"", "\"" + port_2 + "?\"");
  swapped = replaced(swapped, "\"" + port_2 + "\"", "\"" + port_1 + "\"");
  swapped = replaced(swapped, "\"" + port_2 + "?\"", "\"" + port_2 + "\"");
  const std::filesystem::path farm = folder.path() / "swapped.toml";
  std::ofstream(farm) << swapped;
  {
    Daemon daemon(folder.path(), {.farm_files = {farm}});
    for (const char* id : {"host-1", "host-2"}) {
      ASSERT_TRUE(wait_for(daemon, id, [](const v1::Board& now) { return now.health_code() == "WRONG_UNIT"; }))
          << daemon.log();
      EXPECT_EQ(daemon.api().board(id).activity(), v1::ACTIVITY_OFFLINE);
      EXPECT_EQ(rung(daemon.api().board(id), "power-cycle"), "-") << "the other board is well";
    }
    EXPECT_THAT(daemon.cli({"boards"}).output, HasSubstr("Boards may have been swapped"));
    daemon.process().signal(SIGTERM);
    EXPECT_EQ(daemon.process().wait(within(seconds(30))), 0);
  }
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  EXPECT_TRUE(daemon.wait_for_idle("host-1", within(seconds(60)))) << daemon.log();
  EXPECT_TRUE(daemon.wait_for_idle("host-2", within(seconds(60)))) << daemon.log();
}

TEST(BoardRecovery, AnOutletIsNotSwitchedWhileAnotherBoardOnItMeasures) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host=2");
  const std::filesystem::path farm = folder.path() / "shared.toml";
  std::ofstream(farm) << replaced(text_of(emulator.farm_file()), "outlet = \"host-2\"", "outlet = \"host-1\"");
  Daemon daemon(folder.path(), {.farm_files = {farm}});
  daemon.add_own_model("digits");
  ASSERT_TRUE(daemon.wait_for_idle("host-1", within(seconds(60)))) << daemon.log();
  ASSERT_TRUE(daemon.wait_for_idle("host-2", within(seconds(60)))) << daemon.log();
  v1::JobSpec spec = quick_job("digits", "host-1");
  spec.mutable_settings()->set_sessions(30);  // longer than the test
  spec.mutable_settings()->set_iterations(30'000);
  const std::string job_id = daemon.api().submit(spec).job().job_id();
  ASSERT_TRUE(daemon.api().watch_runs(job_id, within(seconds(60)), [](const v1::RunSummary& run) {
    return run.state() == v1::RUN_STATE_MEASURING;
  })) << daemon.log();
  ASSERT_EQ(::kill(emulator.board_pid("host-2"), SIGSTOP), 0);
  EXPECT_TRUE(wait_until(daemon.process(), within(seconds(90)), [&] {
    return daemon.cli({"board", "log", "host-2"}).output.find("host-1 hangs on the same outlet and is at work") !=
           std::string::npos;
  })) << daemon.log();
  EXPECT_EQ(rung(daemon.api().board("host-2"), "power-cycle"), "-");
  ASSERT_EQ(::kill(emulator.board_pid("host-2"), SIGCONT), 0);
  const v1::RunSummary run = daemon.api().job(job_id).runs(0);
  EXPECT_EQ(run.attempts(), 1U);
  EXPECT_EQ(run.state(), v1::RUN_STATE_MEASURING) << "undisturbed: " << run.DebugString() << daemon.log();
  EXPECT_EQ(daemon.cli({"job", "cancel", job_id}).exit_code, 0);
}

}  // namespace
}  // namespace tinyrig::test
