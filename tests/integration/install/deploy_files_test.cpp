// Files that no test can run (service unit, Dockerfile, compose file): what they name exists.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream stream(programs().source / file);
  EXPECT_TRUE(stream) << file;
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  for (const std::string& line : lines_of(file)) text << line << "\n";
  return text.str();
}

// What a line that starts with `key` goes on with; of each such line.
std::vector<std::string> values(const fs::path& file, const std::string& key) {
  std::vector<std::string> found;
  for (const std::string& line : lines_of(file)) {
    if (line.rfind(key, 0) == 0) found.push_back(line.substr(key.size()));
  }
  return found;
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

// Starts the daemon with these arguments, but for the farm file: it understands all of them, and refuses that one.
void expect_understood(std::vector<std::string> command) {
  ASSERT_FALSE(command.empty());
  EXPECT_EQ(fs::path(command[0]).filename(), "tinyrigd");
  command[0] = programs().daemon;
  const auto farm = std::find(command.begin(), command.end(), "/etc/tinyrig/farm.toml");
  ASSERT_NE(farm, command.end());
  const ShortFolder folder;
  *farm = (folder.path() / "farm.toml").string();
  std::ofstream(*farm) << "no_board = true\n";
  command.insert(command.end(), {"--catalog", programs().catalog.string()});  // this daemon is not installed
  const Ended ended = run_program(command, folder.path(), within(std::chrono::seconds(30)));
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.output, HasSubstr("'no_board' is unknown"));
}

TEST(DeployFilesTest, TheServiceStartsTheDaemonAsItWantsToBeStarted) {
  const fs::path unit = "deploy/systemd/tinyrigd.service";
  const std::vector<std::string> starts = values(unit, "ExecStart=");
  ASSERT_EQ(starts.size(), 1U);
  EXPECT_EQ(starts[0].rfind("/usr/bin/tinyrigd ", 0), 0U) << "packages install into /usr/bin";
  expect_understood(words(starts[0]));
  // Its state is where systemd makes it, its user the one of sysusers.d.
  EXPECT_THAT(words(starts[0]), Contains("/var/lib/" + values(unit, "StateDirectory=").at(0)));
  EXPECT_THAT(text_of("deploy/systemd/tinyrig.conf"), HasSubstr("\nu " + values(unit, "User=").at(0) + " "));
}

TEST(DeployFilesTest, TheImageIsMadeOfWhatIsThere) {
  const std::vector<std::string> ignored = lines_of(".dockerignore");
  for (const std::string& copy : values("Dockerfile", "COPY ")) {
    const std::vector<std::string> names = words(copy);
    if (names.at(0).rfind("--from=", 0) == 0) continue;  // of another stage
    ASSERT_GE(names.size(), 2U);
    for (auto name = names.begin(); name + 1 != names.end(); ++name) {
      EXPECT_TRUE(fs::exists(programs().source / *name)) << copy;
      EXPECT_THAT(ignored, Not(Contains(*name)));
    }
  }
  const std::regex package("/packages/(tinyrig-[a-z]+)_");
  const std::string image = text_of("Dockerfile"), rules = text_of("cmake/Install.cmake");
  auto match = std::sregex_iterator(image.begin(), image.end(), package);
  ASSERT_NE(match, std::sregex_iterator());
  for (; match != std::sregex_iterator(); ++match) {
    EXPECT_THAT(rules, HasSubstr("PACKAGE_NAME " + (*match)[1].str() + ")"));
  }
}

TEST(DeployFilesTest, TheImageStartsTheDaemonAndAsksIt) {
  const auto json_words = [](std::string text) {
    for (const char mark : {'[', ']', '"', ','}) std::replace(text.begin(), text.end(), mark, ' ');
    return words(text);
  };
  const std::vector<std::string> starts = values("Dockerfile", "CMD ");
  ASSERT_EQ(starts.size(), 2U) << "the server, and the one with emulated boards";
  expect_understood(json_words(starts[0]));

  const std::string health = values("Dockerfile", "HEALTHCHECK ").at(0);
  std::vector<std::string> asks = json_words(health.substr(health.find("CMD ") + 4));
  ASSERT_EQ(asks.front(), "tinyrig");
  asks[0] = programs().cli;
  const ShortFolder folder;
  const std::vector<std::string> nobody = {"TINYRIG_SERVER=127.0.0.1:1"};
  EXPECT_EQ(run_program(asks, folder.path(), within(std::chrono::seconds(30)), nobody).exit_code, 4)
      << "a daemon that does not answer is not healthy";
  Emulator emulator(folder.path(), "host");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  asks.erase(asks.begin());
  EXPECT_EQ(daemon.cli(asks, within(std::chrono::seconds(30))).exit_code, 0);
}

TEST(DeployFilesTest, ComposeOpensNoPort) {
  const std::string compose = text_of("deploy/compose.yaml");
  EXPECT_THAT(compose, HasSubstr("network_mode: host"));
  EXPECT_THAT(compose, Not(HasSubstr("ports:")));
  EXPECT_THAT(text_of("Dockerfile"), Not(HasSubstr("\nEXPOSE")));
}

}  // namespace
}  // namespace tinyrig::test
