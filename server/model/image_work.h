// How long a packed model takes, roughly: the steps of its kernels' innermost loops. Unlike MACs, pools and
// means count too: a window over a whole image for each of its pixels is cheap to describe and dear to run.
//
// Thread-safe: a pure function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tinyrig::model {

/// `image` must have been accepted by the engine's load(): nothing is checked here. Saturates.
std::uint64_t steps_of_inference(std::span<const std::byte> image);

}  // namespace tinyrig::model
