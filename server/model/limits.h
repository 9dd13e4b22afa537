// Bounds on what a model may ask of the server, far above what a microcontroller can hold: they keep a
// hostile file from costing more than a moment and some memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyrig::model {

inline constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxTensors = 4096;
inline constexpr std::size_t kMaxOperators = 4096;
inline constexpr std::size_t kMaxOperands = 256;                              // tensors of one operator
inline constexpr std::size_t kMaxTensorBytes = std::size_t{16} << 20;         // of one activation
inline constexpr std::size_t kMaxQuantizationEntries = std::size_t{1} << 20;  // scales in the whole model
inline constexpr std::size_t kMaxNameBytes = 256;                             // longer names are cut
inline constexpr std::size_t kMaxImageBytes = std::size_t{64} << 20;
inline constexpr std::uint32_t kMaxVerifierTables = 65536;
inline constexpr std::uint32_t kMaxVerifierDepth = 16;

}  // namespace tinyrig::model
