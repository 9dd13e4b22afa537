// The seam between the engine and its kernels. A kernel is two functions for one kind of operator: `check`
// runs once, in load(), on bytes that nobody has looked at; `run` relies on what check accepted.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/packed_model/format.h"

namespace tinyrig::engine {

class Bounds;

// Where data references point to while a model runs.
struct Memory {
  const std::byte* image;
  std::byte* arena;

  template <typename T>
  const T* read(packed::DataRef ref) const {
    const bool constant = (ref & packed::kInImage) != 0;
    return reinterpret_cast<const T*>(constant ? image + (ref & ~packed::kInImage) : arena + ref);
  }
  template <typename T>
  T* write(packed::DataRef ref) const {
    return reinterpret_cast<T*>(arena + ref);
  }
};

struct Kernel {
  // True when `run` may be called with these parameters: `params_bytes` bytes, aligned to kAlignment.
  bool (*check)(const void* params, std::uint32_t params_bytes, const Bounds& bounds);
  void (*run)(const void* params, const Memory& memory);
};

// The kernel for a kind and variant; nullptr when this firmware has none. Variant 0 is portable and always
// there; others are this core's (core_kernel).
const Kernel* find_kernel(packed::OperatorKind kind, packed::KernelVariant variant);

// Provided once per firmware, by the folder of kernels that its core uses: which core's images it runs, and
// its kernels of variant 1 and up (nullptr: none).
packed::Core this_core();
const Kernel* core_kernel(packed::OperatorKind kind, packed::KernelVariant variant);

}  // namespace tinyrig::engine
