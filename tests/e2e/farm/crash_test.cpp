// Firmware that faults in the middle of a run: what it left behind is kept with the run, which succeeds in the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>

#include "server/flash/endpoint.h"
#include "server/flash/rsp_client.h"
#include "tests/support/link/run_coroutine.h"
#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

struct Crashing {
  const char* board_type;
  // Of GDB's protocol: puts 0xF0000000, where no code is, into the program counter.
  const char* jump_nowhere;
  const char* cause;
};

void PrintTo(const Crashing& crashing, std::ostream* out) { *out << crashing.board_type; }

std::string probe_of(const std::filesystem::path& farm_file) {
  std::stringstream text;
  text << std::ifstream(farm_file).rdbuf();
  const std::string farm = text.str();
  std::smatch found;
  return std::regex_search(farm, found, std::regex("gdb-remote\"[^}]*endpoint = \"([^\"]+)\"")) ? found[1].str() : farm;
}

boost::asio::awaitable<absl::Status> jump_nowhere(std::string probe, std::string packet) {
  absl::StatusOr<flash::StreamSocket> socket = co_await flash::connect_to(probe, seconds(5));
  if (!socket.ok()) co_return socket.status();
  flash::RspClient client(*std::move(socket), seconds(5));
  const absl::Status halted = co_await client.handshake();
  if (!halted.ok()) co_return halted;
  // QEMU takes single registers from those alone who know what it calls them.
  const std::string ask_names = "qXfer:features:read:target.xml:0,100";
  const absl::StatusOr<std::string> names = co_await client.command(ask_names);
  if (!names.ok()) co_return names.status();
  const absl::StatusOr<std::string> answer = co_await client.command(packet);
  if (!answer.ok()) co_return answer.status();
  if (*answer != "OK") co_return absl::InternalError("the probe answered " + *answer);
  co_return co_await client.detach();
}

class CrashTest : public ::testing::TestWithParam<Crashing> {};

TEST_P(CrashTest, IsKeptWithTheRun) {
  const ShortFolder folder;
  const Emulator emulator(folder.path(), GetParam().board_type);
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}, .with_firmware = true});
  daemon.add_own_model("digits");
  v1::JobSpec spec = quick_job("digits", GetParam().board_type);
  spec.mutable_settings()->set_sessions(2);
  spec.mutable_settings()->set_iterations(3'000);
  const std::string job_id = daemon.api().submit(spec).job().job_id();
  ASSERT_TRUE(daemon.api().watch_runs(job_id, within(seconds(90)), [](const v1::RunSummary& run) {
    return run.step() == "session 1 of 2: measuring";
  })) << daemon.log();
  boost::asio::io_context io;
  const absl::Status crashed = run(io, jump_nowhere(probe_of(emulator.farm_file()), GetParam().jump_nowhere));
  ASSERT_TRUE(crashed.ok()) << crashed;

  const v1::Job job = daemon.api().finished_job(job_id, within(seconds(150)));
  EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon.log();
  const v1::Run measured = daemon.api().run(job.runs(0).run_id());
  ASSERT_EQ(measured.attempts_size(), 2) << measured.DebugString();
  EXPECT_EQ(measured.attempts(0).outcome(), v1::OUTCOME_BOARD_ERROR);
  EXPECT_THAT(measured.attempts(0).message(), HasSubstr("its firmware crashed: " + std::string(GetParam().cause)));
  EXPECT_THAT(measured.attempts(0).message(), HasSubstr(" at 0xf0000000"));
  EXPECT_THAT(daemon.cli({"board", "log", measured.attempts(0).board_id()}).output,
              HasSubstr("its firmware crashed: "));
  EXPECT_THAT(measured.attempts(1).message(), ::testing::Not(HasSubstr("crashed"))) << "told once";
}

INSTANTIATE_TEST_SUITE_P(Cores, CrashTest,
                         ::testing::Values(Crashing{"mps2-an386", "Pf=000000f0", "HardFault"},
                                           Crashing{"mps3-an547", "Pf=000000f0", "HardFault"},
                                           Crashing{"rv32-virt", "P20=000000f0", "instruction access fault"}),
                         [](const auto& tested) {
                           std::string name = tested.param.board_type;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tinyrig::test
