#include "agent_firmware/ports/shared/boot_record.h"

namespace tinyrig::port {
namespace {
constexpr std::uint32_t kMagic = 0x544F4F42;  // "BOOT"
}

[[gnu::section(".noinit")]] BootRecord boot_record;

void BootRecord::on_boot() {
  if (magic_ == kMagic && count_ == ~count_inverted_) {
    reason_ = announced_;
    ++count_;
  } else {
    magic_ = kMagic;
    reason_ = ResetReason::kPowerOn;
    count_ = 1;
  }
  count_inverted_ = ~count_;
  announced_ = ResetReason::kUnknown;  // of a reset that nobody announces: the pin, a debugger
}

void BootRecord::announce(ResetReason reason) { announced_ = reason; }

void BootRecord::announce_fault(const Crash& crash) {
  crash_ = crash;
  announce(ResetReason::kFault);
}

}  // namespace tinyrig::port
