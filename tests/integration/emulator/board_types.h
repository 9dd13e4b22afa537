// The emulated board types, for tests that hold for each of them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tinyrig::test {

struct BoardUnderTest {
  const char* type;
  const char* id;  // of the first board of its type
  bool agent_writes_slot;
};

inline const BoardUnderTest kBoards[] = {
    {"netduinoplus2", "emu-netduino-1", false}, {"mps2-an386", "emu-an386-1", true},
    {"mps2-an500", "emu-an500-1", true},        {"mps2-an505", "emu-an505-1", true},
    {"mps3-an547", "emu-an547-1", true},        {"rv32-virt", "emu-rv32-1", true},
    {"microbit", "emu-microbit-1", true},
};

inline std::string test_name(const ::testing::TestParamInfo<BoardUnderTest>& info) {
  std::string name = info.param.type;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

inline void PrintTo(const BoardUnderTest& board, std::ostream* out) { *out << board.type; }

}  // namespace tinyrig::test
