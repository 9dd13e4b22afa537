// `cmake --install` into a folder of the test's own, and from there a farm, a daemon and a client that are told
// nothing of where their files are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::HasSubstr;

std::string content_of(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string port_in(const std::string& ports, const std::string& key) {
  const std::size_t begin = ports.find(key + "=") + key.size() + 1;
  return ports.substr(begin, ports.find('\n', begin) - begin);
}

TEST(InstallTest, TheInstalledProgramsFindTheirFilesThemselves) {
  const ShortFolder folder;
  const fs::path prefix = folder.path() / "usr", bin = prefix / "bin", run = folder.path() / "run";
  for (const std::string component : {"server", "cli", "agents", "emulator"}) {
    const Ended installed = run_program(
        {TINYRIG_CMAKE, "--install", TINYRIG_BINARY_DIR, "--component", component, "--prefix", prefix.string()},
        folder.path(), within(seconds(60)));
    ASSERT_EQ(installed.exit_code, 0) << installed.output;
  }

  // One board that is flashed with an installed agent, and one that is an installed process.
  fs::create_directories(run);
  Process emulator(
      {bin / "tinyrig-emu", "--dir", run, "--boards", "mps2-an386,host", "--write-farm", run / "farm.toml"},
      folder.path() / "emulator.log");
  ASSERT_TRUE(wait_until(emulator, within(seconds(60)), [&] { return fs::exists(run / "farm.toml"); }))
      << emulator.output();
  Process daemon({bin / "tinyrigd", "--data", folder.path() / "data", "--farm", run / "farm.toml", "--grpc",
                  "127.0.0.1:0", "--http", "127.0.0.1:0", "--ports-file", run / "ports"},
                 folder.path() / "tinyrigd.log");
  ASSERT_TRUE(wait_until(daemon, within(seconds(60)), [&] { return fs::exists(run / "ports"); })) << daemon.output();

  const std::string ports = content_of(run / "ports");
  const Ended submitted =
      run_program({bin / "tinyrig", "submit", programs().source / "models" / "digits.tflite", "--board", "all",
                   "--wait", "--sessions", "1", "--iterations", "2", "--server", "127.0.0.1:" + port_in(ports, "grpc")},
                  folder.path(), within(seconds(180)));
  EXPECT_EQ(submitted.exit_code, 0) << submitted.output << daemon.output();

  const Ended dashboard =
      run_program({"python3", "-c",
                   "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode())",
                   "http://127.0.0.1:" + port_in(ports, "http") + "/"},
                  folder.path(), within(seconds(30)));
  EXPECT_EQ(dashboard.exit_code, 0) << dashboard.output;
  EXPECT_THAT(dashboard.output, HasSubstr("<title>TinyRig</title>"));
}

}  // namespace
}  // namespace tinyrig::test
