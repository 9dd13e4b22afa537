// A 32-bit up-counter seen as 64 bit. Each read must come within one wrap of the one before.
#pragma once

#include <cstdint>

namespace tinyrig::port {

class WideCounter {
 public:
  std::uint64_t extend(std::uint32_t now) {
    if (now < last_) wraps_ += std::uint64_t{1} << 32;
    last_ = now;
    return wraps_ + now;
  }

 private:
  std::uint64_t wraps_ = 0;
  std::uint32_t last_ = 0;
};

}  // namespace tinyrig::port
