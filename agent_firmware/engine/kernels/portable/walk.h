// Walks over up to kMaxRank dimensions, the last one fastest.
#pragma once

#include <cstdint>

#include "wire/packed_model/format.h"

namespace tinyrig::engine {

// A place in a tensor, as an offset in elements that follows the walk by the tensor's strides.
struct Cursor {
  const std::int32_t* strides;
  std::int32_t offset;
};

// A walk over the first `axes` of `dims`, with any number of cursors.
class Walk {
 public:
  Walk(const std::int32_t* dims, int axes) : dims_(dims), axes_(axes) {}

  std::int32_t index(int axis) const { return index_[axis]; }

  // To the next place. False after the last one; then index and cursors are back at the first.
  template <typename... Cursors>
  bool advance(Cursors&... cursors) {
    for (int axis = axes_ - 1; axis >= 0; --axis) {
      if (++index_[axis] < dims_[axis]) {
        ((cursors.offset += cursors.strides[axis]), ...);
        return true;
      }
      index_[axis] = 0;
      ((cursors.offset -= cursors.strides[axis] * (dims_[axis] - 1)), ...);
    }
    return false;
  }

 private:
  const std::int32_t* dims_;
  int axes_;
  std::int32_t index_[packed::kMaxRank] = {};
};

}  // namespace tinyrig::engine
