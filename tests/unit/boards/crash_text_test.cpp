#include "server/boards/crash_text.h"

#include <gtest/gtest.h>

namespace tinyrig::boards {
namespace {

TEST(CrashText, OfEachCore) {
  agent::v1::CrashReport crash;
  crash.set_known(true);
  crash.set_cause(3);
  crash.set_pc(0x1234);
  crash.set_lr(0x5679);
  crash.set_sp(0x2000'1000);
  EXPECT_EQ(crash_text(crash, "cortex-m0"), "HardFault at 0x00001234, called from 0x00005679, stack at 0x20001000");
  crash.set_fault_status(1U << 9 | 1U << 15 | 1U << 17);
  crash.set_address(0xE010'0000);
  EXPECT_EQ(crash_text(crash, "cortex-m4"),
            "HardFault (PRECISERR INVSTATE) at 0x00001234, called from 0x00005679, on address 0xe0100000, stack at "
            "0x20001000");
  crash.set_cause(21);
  EXPECT_EQ(crash_text(crash, "cortex-m4").substr(0, 13), "exception 21 ") << "an interrupt that nobody asked for";

  agent::v1::CrashReport trap;
  trap.set_cause(2);
  trap.set_pc(0x8000'0100);
  trap.set_sp(0x8010'0000);
  EXPECT_EQ(crash_text(trap, "rv32imac"), "illegal instruction at 0x80000100, stack at 0x80100000");
}

TEST(CrashText, OfAStackThatHasLeftRam) {
  agent::v1::CrashReport crash;
  crash.set_cause(3);
  crash.set_sp(0x1FFF'FFF0);
  EXPECT_EQ(crash_text(crash, "cortex-m4"), "HardFault, place unknown: the stack had left RAM, stack at 0x1ffffff0");
}

}  // namespace
}  // namespace tinyrig::boards
