// A lab's certificates, from the command line to a daemon that speaks TLS, whole processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::HasSubstr;

class TlsE2eTest : public ::testing::Test {
 protected:
  TlsE2eTest() {
    std::ofstream(farm_) << "[[board]]\nid = \"b-1\"\ntype = \"host\"\nport = \"" << (folder_.path() / "p").string()
                         << "\"\n";
  }
  Ended certs(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {programs().cli, "admin", "certs"});
    // Files of the way to a server that are not there yet.
    return run_program(arguments, folder_.path(), within(seconds(60)), {"TINYRIG_TLS_CA=" + path("ca.crt")});
  }
  void make(const std::vector<std::string>& arguments, const std::string& says) {
    const Ended made = certs(arguments);
    EXPECT_EQ(made.exit_code, 0) << made.output;
    EXPECT_THAT(made.output, HasSubstr(says));
  }
  std::string path(const std::string& name) const { return (folder_.path() / "tls" / name).string(); }
  Ended start_daemon(std::vector<std::string> arguments, const std::string& http = "127.0.0.1:0") {
    DaemonOptions options{.farm_files = {farm_}};
    options.more_arguments = std::move(arguments);
    std::vector<std::string> command = daemon_command(folder_.path(), options);
    *(std::find(command.begin(), command.end(), "--http") + 1) = http;
    return run_program(command, folder_.path(), within(seconds(30)));
  }

  const ShortFolder folder_;
  const std::string lab_ = (folder_.path() / "tls").string();
  const fs::path farm_ = folder_.path() / "farm.toml";
};

TEST_F(TlsE2eTest, FromTheCaToABoardList) {
  make({"init", lab_, "--name", "our lab"}, "tinyrig admin certs server " + lab_ + " HOST...");
  make({"server", lab_, "127.0.0.1", "farm.lab"},
       "tinyrigd --tls-cert " + path("127.0.0.1.crt") + " --tls-key " + path("127.0.0.1.key"));
  make({"client", lab_, "ci"}, "--tls-cert " + path("client-ci.crt") + " --tls-key " + path("client-ci.key"));
  for (const char* key : {"ca.key", "127.0.0.1.key", "client-ci.key"}) {
    EXPECT_EQ(fs::status(path(key)).permissions(), fs::perms::owner_read | fs::perms::owner_write) << key;
  }
  make({"show", path("127.0.0.1.crt")}, "names     127.0.0.1, farm.lab\nfor       servers\n");
  make({"show", path("ca.crt")}, "O = TinyRig lab, CN = our lab");

  DaemonOptions options{.farm_files = {farm_}};
  options.more_arguments = {"--tls-cert",          path("127.0.0.1.crt"), "--tls-key",
                            path("127.0.0.1.key"), "--tls-client-ca",     path("ca.crt")};
  Daemon daemon(folder_.path(), options);
  const std::string server = "https://127.0.0.1:" + std::to_string(daemon.grpc_port());
  const std::vector<std::string> trusting = {"--server", server, "--tls-ca", path("ca.crt"), "boards"};
  std::vector<std::string> known = trusting;
  known.insert(known.end(), {"--tls-cert", path("client-ci.crt"), "--tls-key", path("client-ci.key")});
  const Ended boards = daemon.cli(known);
  EXPECT_EQ(boards.exit_code, 0) << boards.output;
  EXPECT_THAT(boards.output, HasSubstr("b-1"));
  const Ended unknown = daemon.cli(trusting);
  EXPECT_EQ(unknown.exit_code, 4) << unknown.output;
  EXPECT_THAT(unknown.output, HasSubstr("TLS_REFUSED"));

  // Renewed under the running daemon.
  make({"server", lab_, "127.0.0.1", "farm.lab", "--force", "--days", "30"}, "valid until");
  EXPECT_TRUE(wait_until(daemon.process(), within(seconds(60)), [&] {
    return daemon.log().find("TLS: new connections get O = TinyRig lab, CN = 127.0.0.1") != std::string::npos;
  })) << daemon.log();
  EXPECT_EQ(daemon.cli(known).exit_code, 0);
  daemon.process().signal(SIGTERM);
  EXPECT_EQ(daemon.process().wait(within(seconds(30))), 0) << daemon.log();
}

TEST_F(TlsE2eTest, NothingIsReplacedUnasked) {
  make({"init", lab_}, "ca.key");
  const Ended again = certs({"init", lab_});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.output, HasSubstr("FILE_EXISTS"));
  EXPECT_THAT(again.output, HasSubstr("--force"));
  make({"init", lab_, "--force"}, "ca.key");
  EXPECT_EQ(certs({"server", (folder_.path() / "nowhere").string(), "farm.lab"}).exit_code, 2);
  EXPECT_THAT(certs({"server", lab_, "farm.lab:50051"}).output, HasSubstr("TLS_HOST_INVALID"));
  EXPECT_EQ(certs({"client", lab_, "../ci"}).exit_code, 2);
  EXPECT_EQ(certs({"server", lab_, "farm.lab", "--days", "826"}).exit_code, 2);
  EXPECT_THAT(certs({"--json", "client", lab_, "ci"}).output, HasSubstr("\"forClients\": true"));
}

TEST_F(TlsE2eTest, ADaemonThatIsNotSafeDoesNotStart) {
  make({"init", lab_}, "ca.key");
  make({"server", lab_, "farm.lab"}, "farm.lab.crt");
  make({"server", lab_, "other.lab"}, "other.lab.crt");
  const auto expect_refused = [&](const std::vector<std::string>& arguments, int exit_code, const std::string& words) {
    const Ended ended = start_daemon(arguments);
    EXPECT_EQ(ended.exit_code, exit_code) << ended.output;
    EXPECT_THAT(ended.output, HasSubstr(words));
  };
  expect_refused({"--tls-cert", path("farm.lab.crt"), "--tls-key", path("other.lab.key")}, 1,
                 "the key " + path("other.lab.key") + " is not that of the certificate " + path("farm.lab.crt"));
  expect_refused({"--tls-cert", path("nothing.crt"), "--tls-key", path("farm.lab.key")}, 1, path("nothing.crt"));
  fs::permissions(path("farm.lab.key"), fs::perms::others_read, fs::perm_options::add);
  expect_refused({"--tls-cert", path("farm.lab.crt"), "--tls-key", path("farm.lab.key")}, 1,
                 "chmod 600 " + path("farm.lab.key"));
  expect_refused({"--tls-cert", path("farm.lab.crt")}, 2, "--tls-key");
  const Ended open = start_daemon({}, "0.0.0.0:0");
  EXPECT_EQ(open.exit_code, 1);
  EXPECT_THAT(open.output, HasSubstr("other machines would reach \"0.0.0.0:0\" without TLS"));
  EXPECT_THAT(open.output, HasSubstr("--allow-unprotected-network"));
}

}  // namespace
}  // namespace tinyrig::test
