// What cannot start says what is wrong, where, and what to do, and ends with 1 (2: wrong usage).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <csignal>
#include <fstream>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class StartupErrorsTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name) << text;
    return folder_.path() / name;
  }
  // A farm of one board that nobody plugged in.
  std::filesystem::path farm_file() {
    return write("farm.toml",
                 "[[board]]\nid = \"b\"\ntype = \"host\"\nport = \"" + (folder_.path() / "p").string() + "\"\n");
  }
  Ended start_daemon(const std::filesystem::path& farm, std::vector<std::string> more = {},
                     const std::string& data = "other-data") {
    DaemonOptions options{.data_folder = folder_.path() / data, .farm_files = {farm}};
    options.more_arguments = std::move(more);
    return run_program(daemon_command(folder_.path(), options), folder_.path(), within(seconds(30)));
  }
  Ended start_emulator(const std::string& boards, const std::vector<std::string>& more = {},
                       const std::vector<std::string>& variables = {}) {
    auto command = emulator_command(folder_.path() / "run", folder_.path() / "flash", boards);
    command.insert(command.end(), more.begin(), more.end());
    return run_program(command, folder_.path(), within(seconds(30)), variables);
  }

  const ShortFolder folder_;
};

TEST_F(StartupErrorsTest, APortInUseIsNamed) {
  Daemon first(folder_.path(), {.farm_files = {farm_file()}});
  DaemonOptions options{.data_folder = folder_.path() / "other-data", .farm_files = {farm_file()}};
  for (const bool is_grpc : {true, false}) {
    const std::string address = "127.0.0.1:" + std::to_string(is_grpc ? first.grpc_port() : first.http_port());
    std::vector<std::string> command = daemon_command(folder_.path() / "second", options);
    std::filesystem::create_directories(folder_.path() / "second");
    for (std::size_t i = 0; i + 1 < command.size(); ++i) {
      if (command[i] == (is_grpc ? "--grpc" : "--http")) command[i + 1] = address;
    }
    const Ended second = run_program(command, folder_.path(), within(seconds(30)));
    EXPECT_EQ(second.exit_code, 1);
    EXPECT_THAT(second.output, HasSubstr(address + ": the port is in use"));
    EXPECT_THAT(second.output, HasSubstr("choose another port"));
  }
  EXPECT_TRUE(first.api().answers());
}

TEST_F(StartupErrorsTest, ADataFolderHasOneDaemon) {
  Daemon first(folder_.path(), {.data_folder = folder_.path() / "data", .farm_files = {farm_file()}});
  std::filesystem::create_directories(folder_.path() / "second");
  const DaemonOptions options{.data_folder = folder_.path() / "data", .farm_files = {farm_file()}};
  const Ended second =
      run_program(daemon_command(folder_.path() / "second", options), folder_.path(), within(seconds(30)));
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.output, HasSubstr((folder_.path() / "data").string() + " is in use by"));
  EXPECT_THAT(second.output, HasSubstr(std::to_string(first.process().pid())));
  EXPECT_TRUE(first.api().answers());
}

TEST_F(StartupErrorsTest, ADatabaseOfANewerVersionIsLeftAlone) {
  {
    Daemon first(folder_.path(), {.data_folder = folder_.path() / "data", .farm_files = {farm_file()}});
    first.process().signal(SIGTERM);
    EXPECT_EQ(first.process().wait(within(seconds(30))), 0) << first.log();
  }
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((folder_.path() / "data" / "tinyrig.db").c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "PRAGMA user_version = 9999", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  const Ended ended = start_daemon(farm_file(), {}, "data");
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.output, HasSubstr("schema version 9999"));
  EXPECT_THAT(ended.output, HasSubstr("newer tinyrigd"));
}

TEST_F(StartupErrorsTest, AFarmFileIsToldWhereItIsWrong) {
  const Ended syntax = start_daemon(write("syntax.toml", "[[board]]\nid = \"a\"\ntype = \n"));
  EXPECT_EQ(syntax.exit_code, 1);
  EXPECT_THAT(syntax.output, HasSubstr("syntax.toml:3"));

  const Ended type = start_daemon(write("type.toml", "[[board]]\nid = \"a\"\ntype = \"atari\"\nport = \"/dev/x\"\n"));
  EXPECT_EQ(type.exit_code, 1);
  EXPECT_THAT(type.output, HasSubstr("unknown type 'atari'"));
  EXPECT_THAT(type.output, HasSubstr("mps2-an386"));

  const Ended missing = start_daemon(folder_.path() / "nothing.toml");
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.output, HasSubstr("nothing.toml"));
}

TEST_F(StartupErrorsTest, ACatalogIsNeeded) {
  std::filesystem::create_directories(folder_.path() / "empty");
  for (const char* name : {"empty", "nowhere"}) {
    const std::filesystem::path catalog = folder_.path() / name;
    const Ended ended = run_program({programs().daemon, "--data", (folder_.path() / "data").string(), "--farm",
                                     farm_file().string(), "--catalog", catalog.string()},
                                    folder_.path(), within(seconds(30)));
    EXPECT_EQ(ended.exit_code, std::string(name) == "empty" ? 1 : 2) << ended.output;
    EXPECT_THAT(ended.output, HasSubstr(catalog.string()));
  }
}

TEST_F(StartupErrorsTest, WhatTheEmulatorNeedsIsNamedWithItsPackage) {
  const Ended no_qemu = start_emulator("mps2-an386", {}, {"PATH=/nonexistent"});
  EXPECT_EQ(no_qemu.exit_code, 1);
  EXPECT_THAT(no_qemu.output, HasSubstr("apt-get install qemu-system-arm"));

  const Ended no_firmware = start_emulator("microbit", {"--firmware-dir", (folder_.path() / "none").string()});
  EXPECT_EQ(no_firmware.exit_code, 1);
  EXPECT_THAT(no_firmware.output, HasSubstr("./rig firmware"));
}

TEST_F(StartupErrorsTest, AMissingCrossCompilerIsNamedWithItsPackage) {
  const std::filesystem::path bin = folder_.path() / "bin";  // what the script needs, and no compiler
  std::filesystem::create_directories(bin);
  for (const char* tool : {"dirname", "grep"}) {
    std::filesystem::create_symlink(std::filesystem::path("/usr/bin") / tool, bin / tool);
  }
  for (const auto& [board, package] :
       {std::pair("mps2-an386", "gcc-arm-none-eabi"), std::pair("rv32-virt", "gcc-riscv64-unknown-elf")}) {
    const Ended ended = run_program({"/bin/bash", (programs().source / "scripts/firmware.sh").string(),
                                     (folder_.path() / "firmware").string(), board},
                                    folder_.path(), within(seconds(60)), {"PATH=" + bin.string()});
    EXPECT_EQ(ended.exit_code, 1) << ended.output;
    EXPECT_THAT(ended.output, HasSubstr(std::string("apt-get install ") + package));
  }
}

TEST_F(StartupErrorsTest, AClientWithoutADaemonSaysSo) {
  const Ended ended =
      run_program({programs().cli, "boards"}, folder_.path(), within(seconds(60)), {"TINYRIG_SERVER=127.0.0.1:1"});
  EXPECT_EQ(ended.exit_code, 4) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("127.0.0.1:1"));
}

}  // namespace
}  // namespace tinyrig::test
