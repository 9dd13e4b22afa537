// Sources: RP2040 datasheet, chapters Bootrom (function table, flash access), SSI and GPIO (override of the chip
// select); W25Q16JV datasheet (command 4Bh).
#include "agent_firmware/ports/rp2040/flash.h"

#include <cstring>

#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::rp2040 {
namespace {

// Looked up in flash, called from RAM.
struct RomFunctions {
  void (*connect_internal_flash)();
  void (*flash_exit_xip)();
  void (*flash_range_erase)(std::uint32_t offset, std::size_t bytes, std::uint32_t block_bytes, std::uint8_t command);
  void (*flash_range_program)(std::uint32_t offset, const std::uint8_t* data, std::size_t bytes);
  void (*flash_flush_cache)();
};

template <class Function>
Function rom_function(char first, char second) {
  // The ROM has 16-bit pointers to its table (at 0x14) and to the function that searches it (at 0x18).
  const auto half = [](std::uintptr_t address) {
    asm("" : "+r"(address));  // to the compiler, so near to zero is a mistake
    return *reinterpret_cast<const volatile std::uint16_t*>(address);
  };
  const auto search = reinterpret_cast<void* (*)(const std::uint16_t*, std::uint32_t)>(std::uintptr_t{half(0x18)});
  const std::uint32_t code = static_cast<std::uint32_t>(second) << 8 | static_cast<std::uint32_t>(first);
  return reinterpret_cast<Function>(search(reinterpret_cast<const std::uint16_t*>(std::uintptr_t{half(0x14)}), code));
}

RomFunctions rom_functions() {
  return {rom_function<void (*)()>('I', 'F'), rom_function<void (*)()>('E', 'X'),
          rom_function<void (*)(std::uint32_t, std::size_t, std::uint32_t, std::uint8_t)>('R', 'E'),
          rom_function<void (*)(std::uint32_t, const std::uint8_t*, std::size_t)>('R', 'P'),
          rom_function<void (*)()>('F', 'C')};
}

// The second stage of boot brings flash back: in RAM, because flash is away when it is called.
struct Boot2Copy {
  Boot2Copy() { std::memcpy(words, reinterpret_cast<const void*>(kFlashStart), sizeof words); }
  std::uint32_t words[64];
};

enum class Work { kErase, kProgram, kReadId };
struct Order {
  Work work;
  std::uint32_t offset;
  std::size_t bytes;
  const std::uint8_t* data;
  std::uint8_t* answer;
};

constexpr std::uintptr_t kSsi = 0x1800'0000, kSsiStatus = kSsi + 0x28, kSsiData = kSsi + 0x60,
                         kChipSelect = 0x4001'800C;  // GPIO_QSPI_SS_CTRL
constexpr std::uint32_t kReceived = 1U << 3, kOverride = 3U << 8, kLow = 2U << 8, kHigh = 3U << 8;

// Nothing here may lie in flash: what it calls is in the ROM, in RAM, or inlined. False: an answer did not come.
[[gnu::section(".ram_code"), gnu::noinline]] bool run(const Order& order, const RomFunctions& rom,
                                                      const Boot2Copy& boot2) {
  bool done = true;
  std::uint32_t interrupts;
  asm volatile("mrs %0, primask\n cpsid i" : "=r"(interrupts)::"memory");
  rom.connect_internal_flash();
  rom.flash_exit_xip();
  if (order.work == Work::kErase) {
    constexpr std::uint32_t kBlockBytes = 65536;
    constexpr std::uint8_t kEraseBlock = 0xD8;
    rom.flash_range_erase(order.offset, order.bytes, kBlockBytes, kEraseBlock);
  } else if (order.work == Work::kProgram) {
    rom.flash_range_program(order.offset, order.data, order.bytes);
  } else {
    // 4Bh, four bytes of nothing, then the id. All 13 bytes fit into the SSI's queues of 16.
    constexpr std::uint32_t kReadUniqueId = 0x4B, kBefore = 5;
    reg32(kChipSelect) = (reg32(kChipSelect) & ~kOverride) | kLow;
    reg32(kSsiData) = kReadUniqueId;
    for (std::uint32_t i = 1; i < kBefore + kUniqueIdBytes; ++i) reg32(kSsiData) = 0;
    for (std::uint32_t i = 0; done && i < kBefore + kUniqueIdBytes; ++i) {
      done = poll<MappedRegisters>(kSsiStatus, kReceived, kReceived, 10'000);
      const std::uint32_t byte = reg32(kSsiData);
      if (i >= kBefore) order.answer[i - kBefore] = static_cast<std::uint8_t>(byte);
    }
    reg32(kChipSelect) = (reg32(kChipSelect) & ~kOverride) | kHigh;
  }
  rom.flash_flush_cache();  // and takes the override of the chip select away
  reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(boot2.words) + 1)();  // Thumb
  asm volatile("msr primask, %0" ::"r"(interrupts) : "memory");
  return done;
}

bool carry_out(const Order& order) {
  const Boot2Copy boot2;
  return run(order, rom_functions(), boot2);
}

}  // namespace

void erase_flash(std::uint32_t offset, std::size_t bytes) {
  carry_out({Work::kErase, offset, bytes, nullptr, nullptr});
}

void program_flash(std::uint32_t offset, const std::uint8_t* page) {
  carry_out({Work::kProgram, offset, kPageBytes, page, nullptr});
}

bool read_unique_id(std::span<std::uint8_t, kUniqueIdBytes> id) {
  return carry_out({Work::kReadId, 0, 0, nullptr, id.data()});
}

bool erase_slot(std::uintptr_t slot, std::size_t slot_bytes, std::size_t size) {
  if (size > slot_bytes) return false;
  const std::size_t whole = (size + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
  erase_flash(static_cast<std::uint32_t>(slot - kFlashStart), whole);
  for (std::size_t offset = 0; offset < whole; offset += 4) {
    if (reg32(slot + offset) != 0xFFFF'FFFF) return false;
  }
  return true;
}

// A page at a time; what is not to be programmed in it stays: ones change nothing.
bool program_slot(std::uintptr_t slot, std::size_t slot_bytes, std::size_t offset, std::span<const std::byte> data) {
  if (offset > slot_bytes || data.size() > slot_bytes - offset) return false;
  std::uint8_t page[kPageBytes];
  for (std::size_t done = 0; done < data.size();) {
    const std::size_t at = offset + done, in_page = at % kPageBytes;
    const std::size_t room = kPageBytes - in_page, left = data.size() - done;
    const std::size_t count = left < room ? left : room;
    std::memset(page, 0xFF, sizeof page);
    std::memcpy(page + in_page, data.data() + done, count);
    program_flash(static_cast<std::uint32_t>(slot - kFlashStart + at - in_page), page);
    done += count;
  }
  return std::memcmp(reinterpret_cast<const void*>(slot + offset), data.data(), data.size()) == 0;
}

}  // namespace tinyrig::port::rp2040
