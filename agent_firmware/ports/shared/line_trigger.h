// A Trigger without a pin: records on a serial line of its own (wire/trigger_line.h). Emulated boards have it on a
// second UART.
#pragma once

#include <cstdint>

#include "wire/trigger_line.h"

namespace tinyrig::port {

template <class Uart, class Counter>
struct LineTrigger {
  static constexpr bool kPresent = true;

  static void init() {
    Uart::init(kBaud);
    // What the rise is ahead of the first inference: the time that its own record takes to leave.
    const std::uint64_t before = Counter::now();
    send(trigger_line::Kind::kRate, Counter::ticks_per_second());
    record_ticks_ = Counter::now() - before;
  }
  static void raise() { send(trigger_line::Kind::kRose, Counter::now() + record_ticks_); }
  static void lower() { send(trigger_line::Kind::kFell, Counter::now()); }

 private:
  static void send(trigger_line::Kind kind, std::uint64_t number) {
    for (const std::uint8_t byte : trigger_line::encode(kind, number)) Uart::put(byte);
    Uart::flush();
  }

  static constexpr std::uint32_t kBaud = 921'600;
  static inline std::uint64_t record_ticks_ = 0;
};

}  // namespace tinyrig::port
