// `tinyrig farm scan` and `doctor` as a user starts them: exit codes, text, JSON, files.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include "server/boards/farm.h"
#include "server/link/serial_port.h"
#include "tests/integration/api/spawned.h"
#include "tests/integration/discovery/host_farm.h"
#include "tinyrig/v1/discovery.pb.h"

namespace tinyrig::discovery {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::Ended;
using testing_support::Spawned;

class FarmCommandTest : public HostFarm {
 protected:
  Ended run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {TINYRIG_CLI, "farm"});
    return Spawned(arguments).wait();
  }
  std::string port(int number) const { return farm_.port("host-" + std::to_string(number)); }
  std::filesystem::path file() const { return farm_.run_folder() / "scanned.toml"; }
};

TEST_F(FarmCommandTest, ScanWritesAFarmFileThatIsReadAndThatTheDoctorFindsWell) {
  const Ended scan = run({"scan", "--port", port(1), "--port", port(2), "--wait-ms", "20000", "--write", file()});
  EXPECT_EQ(scan.exit_code, 0) << scan.err;
  EXPECT_THAT(scan.out, HasSubstr("2 agents answered"));
  EXPECT_THAT(scan.out, HasSubstr("tinyrig 0."));
  const auto farm = boards::load_farm(file());
  ASSERT_TRUE(farm.ok()) << farm.status();
  ASSERT_EQ(farm->size(), 2U);
  EXPECT_EQ((*farm)[0].type, "host");
  EXPECT_EQ((*farm)[1].port, port(2));

  const Ended again = run({"scan", "--port", port(1), "--wait-ms", "20000", "--write", file()});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("[FILE_EXISTS]"));
  EXPECT_EQ(boards::load_farm(file())->size(), 2U);
  EXPECT_EQ(run({"scan", "--port", port(1), "--wait-ms", "20000", "--write", file(), "--force"}).exit_code, 0);
  EXPECT_EQ(boards::load_farm(file())->size(), 1U);

  const Ended doctor = run({"doctor", "--farm", file(), "--data", farm_.run_folder(), "--json"});
  v1::DoctorReport report;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(doctor.out, &report).ok()) << doctor.out;
  bool seen = false, problem = false;
  for (const v1::DoctorFinding& finding : report.findings()) {
    seen |= finding.finding() == port(1) + " may be opened" && finding.level() == v1::FINDING_LEVEL_OK;
    problem |= finding.level() == v1::FINDING_LEVEL_PROBLEM;
  }
  EXPECT_TRUE(seen) << doctor.out;
  EXPECT_EQ(doctor.exit_code, problem ? 1 : 0);
}

TEST_F(FarmCommandTest, APortThatIsHeldAndOneThatIsSilentAreSaidSo) {
  SilentPty silent;
  boost::asio::io_context io;
  const auto holder = link::SerialPort::open(io.get_executor(), port(1));
  ASSERT_TRUE(holder.ok()) << holder.status();
  const Ended scan = run({"scan", "--port", port(1), "--port", silent.path, "--wait-ms", "100", "--json"});
  EXPECT_EQ(scan.exit_code, 1);
  v1::ScanReport report;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(scan.out, &report).ok()) << scan.out;
  std::vector<v1::FoundPort> named;
  for (const v1::FoundBoard& board : report.boards()) {
    if (board.identity().rfind("port:", 0) == 0) named.push_back(board.ports(0));
  }
  ASSERT_EQ(named.size(), 2U);
  EXPECT_EQ(named[0].state(), v1::PORT_STATE_IN_USE);
  EXPECT_THAT(named[0].detail(), HasSubstr("(" + std::to_string(::getpid()) + ") has it"));
  EXPECT_EQ(named[1].state(), v1::PORT_STATE_SILENT);
}

TEST_F(FarmCommandTest, WithoutHelloNothingIsOpened) {
  const Ended scan = run({"scan", "--port", port(1), "--no-hello"});
  EXPECT_EQ(scan.exit_code, 0);
  EXPECT_THAT(scan.out, HasSubstr("not asked"));
  EXPECT_THAT(scan.out, HasSubstr("0 agents answered"));
}

TEST_F(FarmCommandTest, MistakesEndAsDocumented) {
  EXPECT_EQ(run({}).exit_code, 2);
  EXPECT_EQ(run({"scan", "--force"}).exit_code, 2);
  EXPECT_EQ(run({"scan", "--wait-ms", "0"}).exit_code, 2);
  EXPECT_EQ(run({"scan", "--catalog", "/no/catalog"}).exit_code, 2);
  const Ended gone = run({"scan", "--port", "/no/port"});
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_THAT(gone.out, HasSubstr("there is no such port"));
  const Ended doctor = run({"doctor", "--farm", "/no/farm.toml"});
  EXPECT_EQ(doctor.exit_code, 1);
  EXPECT_THAT(doctor.out, HasSubstr("PROBLEM  farm: cannot read /no/farm.toml"));
  EXPECT_THAT(doctor.out, Not(HasSubstr("0 problems")));
}

}  // namespace
}  // namespace tinyrig::discovery
