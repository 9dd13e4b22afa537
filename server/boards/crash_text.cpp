#include "server/boards/crash_text.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tinyrig::boards {
namespace {

struct Named {
  std::uint32_t number;
  const char* name;
};

// Exception numbers of Armv6-M to Armv8-M.
constexpr Named kArmExceptions[] = {{2, "NMI"},      {3, "HardFault"},  {4, "MemManage"},
                                    {5, "BusFault"}, {6, "UsageFault"}, {7, "SecureFault"}};

// Bits of CFSR (Armv7-M manual B3.2.15; STKOF: Armv8-M).
constexpr Named kArmFaultBits[] = {
    {0, "IACCVIOL"},  {1, "DACCVIOL"},     {3, "MUNSTKERR"}, {4, "MSTKERR"}, {5, "MLSPERR"},    {8, "IBUSERR"},
    {9, "PRECISERR"}, {10, "IMPRECISERR"}, {11, "UNSTKERR"}, {12, "STKERR"}, {13, "LSPERR"},    {16, "UNDEFINSTR"},
    {17, "INVSTATE"}, {18, "INVPC"},       {19, "NOCP"},     {20, "STKOF"},  {24, "UNALIGNED"}, {25, "DIVBYZERO"},
};

// mcause of the RISC-V privileged manual, exceptions alone.
constexpr Named kRiscvCauses[] = {
    {0, "instruction address misaligned"},
    {1, "instruction access fault"},
    {2, "illegal instruction"},
    {3, "breakpoint"},
    {4, "load address misaligned"},
    {5, "load access fault"},
    {6, "store address misaligned"},
    {7, "store access fault"},
};

template <std::size_t N>
std::string name_in(const Named (&names)[N], std::uint32_t number) {
  for (const Named& named : names) {
    if (named.number == number) return named.name;
  }
  return absl::StrCat("exception ", number);
}

std::string fault_bits(std::uint32_t status) {
  std::string text;
  for (const Named& bit : kArmFaultBits) {
    if ((status >> bit.number & 1) != 0) absl::StrAppend(&text, text.empty() ? "" : " ", bit.name);
  }
  return text;
}

}  // namespace

std::string crash_text(const agent::v1::CrashReport& crash, const std::string& core) {
  const bool riscv = absl::StartsWith(core, "rv");
  std::string text = riscv ? name_in(kRiscvCauses, crash.cause()) : name_in(kArmExceptions, crash.cause());
  if (const std::string bits = fault_bits(crash.fault_status()); !bits.empty()) absl::StrAppend(&text, " (", bits, ")");
  if (crash.pc() == 0) {
    absl::StrAppend(&text, ", place unknown: the stack had left RAM");
  } else {
    absl::StrAppendFormat(&text, " at 0x%08x", crash.pc());
  }
  if (crash.lr() != 0) absl::StrAppendFormat(&text, ", called from 0x%08x", crash.lr());
  if (crash.address() != 0) absl::StrAppendFormat(&text, ", on address 0x%08x", crash.address());
  absl::StrAppendFormat(&text, ", stack at 0x%08x", crash.sp());
  return text;
}

}  // namespace tinyrig::boards
