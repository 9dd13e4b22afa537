// UART, timer and flash controller of nRF51. Source: nRF51 Series reference manual, chapters UART, TIMER,
// NVMC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "agent_firmware/ports/shared/counter.h"
#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::nrf51 {

struct Uart {
  static void init(std::uint32_t baud) {
    set_baud(baud);
    reg32(kEnable) = 4;
    reg32(kInterruptSet) = 1U << 2;  // RXDRDY
    reg32(kStartReceive) = 1;
    reg32(kStartTransmit) = 1;
  }
  static void acknowledge_receive() {}  // has_byte() and take() do
  static bool has_byte() { return reg32(kReceiveReady) != 0; }
  static std::uint8_t take() {
    reg32(kReceiveReady) = 0;  // before the read: the next byte of the queue sets it again
    return static_cast<std::uint8_t>(reg32(kReceiveData));
  }
  static void put(std::uint8_t byte) {
    flush();
    reg32(kTransmitReady) = 0;
    sending_ = true;
    reg32(kTransmitData) = byte;
  }
  static void flush() {
    if (!sending_) return;
    while (reg32(kTransmitReady) == 0) {
    }
    sending_ = false;
  }
  static bool set_baud(std::uint32_t baud) {
    struct Rate {
      std::uint32_t baud, setting;
    };
    static constexpr Rate kRates[] = {{115'200, 0x01D7'E000}, {230'400, 0x03AF'B000}, {250'000, 0x0400'0000},
                                      {460'800, 0x075F'7000}, {921'600, 0x0EBE'D000}, {1'000'000, 0x1000'0000}};
    for (const Rate& rate : kRates) {
      if (rate.baud != baud) continue;
      reg32(kBaudRate) = rate.setting;
      return true;
    }
    return false;
  }

 private:
  static constexpr std::uintptr_t kBase = 0x4000'2000;
  static constexpr std::uintptr_t kStartReceive = kBase, kStartTransmit = kBase + 0x8, kReceiveReady = kBase + 0x108,
                                  kTransmitReady = kBase + 0x11C, kInterruptSet = kBase + 0x304,
                                  kEnable = kBase + 0x500, kReceiveData = kBase + 0x518, kTransmitData = kBase + 0x51C,
                                  kBaudRate = kBase + 0x524;
  static inline bool sending_ = false;
};

// TIMER0, 32 bit, undivided.
struct Timer {
  static constexpr bool counts_core_cycles() { return false; }
  static constexpr std::uint64_t ticks_per_second() { return 16'000'000; }
  static constexpr std::uint64_t period() { return std::uint64_t{1} << 32; }
  static void init() {
    reg32(kBase + 0x504) = 0;  // MODE: timer
    reg32(kBase + 0x508) = 3;  // BITMODE: 32
    reg32(kBase + 0x510) = 0;  // PRESCALER
    reg32(kBase + 0x00C) = 1;  // CLEAR
    reg32(kBase + 0x000) = 1;  // START
  }
  static std::uint64_t now() {
    reg32(kBase + 0x040) = 1;                   // CAPTURE[0]
    return wide_.extend(reg32(kBase + 0x540));  // CC[0]
  }

 private:
  static constexpr std::uintptr_t kBase = 0x4000'8000;
  static inline WideCounter wide_;
};

// Flash that the firmware programs itself, in pages and words.
template <std::uintptr_t kAddress, std::size_t kBytes>
struct FlashSlot {
  static std::span<const std::byte> bytes() { return {reinterpret_cast<const std::byte*>(kAddress), kBytes}; }
  static constexpr bool writable() { return true; }

  static bool erase(std::size_t size) {
    if (size > kBytes) return false;
    set_mode(kEraseEnabled);
    for (std::size_t offset = 0; offset < size; offset += kPageBytes) {
      reg32(kErasePage) = static_cast<std::uint32_t>(kAddress + offset);
      wait_ready();
    }
    set_mode(kReadOnly);
    for (std::size_t offset = 0; offset < size; offset += 4) {
      if (reg32(kAddress + offset) != 0xFFFF'FFFF) return false;
    }
    return true;
  }

  static bool program(std::size_t offset, std::span<const std::byte> data) {
    if (offset > kBytes || data.size() > kBytes - offset || offset % 4 != 0 || data.size() % 4 != 0) return false;
    set_mode(kWriteEnabled);
    for (std::size_t i = 0; i < data.size(); i += 4) {
      std::uint32_t word;
      std::memcpy(&word, data.data() + i, sizeof word);
      reg32(kAddress + offset + i) = word;
      wait_ready();
    }
    set_mode(kReadOnly);
    return std::memcmp(reinterpret_cast<const void*>(kAddress + offset), data.data(), data.size()) == 0;
  }

 private:
  static constexpr std::uintptr_t kReady = 0x4001'E400, kConfig = 0x4001'E504, kErasePage = 0x4001'E508;
  static constexpr std::uint32_t kReadOnly = 0, kWriteEnabled = 1, kEraseEnabled = 2;
  static constexpr std::size_t kPageBytes = 1024;

  static void wait_ready() {
    while ((reg32(kReady) & 1) == 0) {
    }
  }
  static void set_mode(std::uint32_t mode) {
    reg32(kConfig) = mode;
    wait_ready();
  }
};

}  // namespace tinyrig::port::nrf51
