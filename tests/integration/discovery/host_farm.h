// Two host agents behind PTYs of tinyrig-emu, and a PTY that nobody answers on.
#pragma once

#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <string>

#include "tests/support/emulator/farm_process.h"

namespace tinyrig::discovery {

class HostFarm : public ::testing::Test {
 protected:
  HostFarm() : farm_({"--boards", "host=2", "--host-agent", TINYRIG_AGENT_HOST}) {}
  void SetUp() override { ASSERT_TRUE(farm_.wait_for_log("boards are on")) << farm_.log(); }

  test::FarmProcess farm_;
};

class SilentPty {
 public:
  SilentPty() {
    char name[64];
    EXPECT_EQ(::openpty(&master_, &slave_, name, nullptr, nullptr), 0);
    path = name;
  }
  ~SilentPty() {
    ::close(master_);
    ::close(slave_);
  }
  SilentPty(const SilentPty&) = delete;
  SilentPty& operator=(const SilentPty&) = delete;

  std::string path;

 private:
  int master_ = -1, slave_ = -1;
};

}  // namespace tinyrig::discovery
