// A hostile packed image, loaded and run: no byte outside the image and the arena may be touched, and
// nothing undefined may happen. The checksum is put right first, so that mutations reach the checks behind
// it; an input whose checksum field starts with 0xFF is taken as it is.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "agent_firmware/engine/engine.h"
#include "tests/support/packed_image_builder.h"
#include "wire/fnv1a.h"
#include "wire/golden_input.h"
#include "wire/packed_model/format.h"
#include "wire/packed_model/params.h"

namespace {

using tinyrig::packed::ConvParams;
using tinyrig::packed::FullyConnectedParams;
using tinyrig::packed::Header;
using tinyrig::packed::MeanParams;
using tinyrig::packed::Operator;
using tinyrig::packed::OperatorKind;
using tinyrig::packed::PoolParams;

constexpr std::size_t kMaxImageBytes = 64 * 1024;
constexpr std::uint32_t kMaxArenaBytes = 64 * 1024;
constexpr double kMaxSteps = 2e6;  // multiplications or moves of one inference

// Exactly `size` bytes, so that the sanitizer sees the first byte beyond.
class Buffer {
 public:
  explicit Buffer(std::size_t size) : bytes_(static_cast<std::byte*>(std::calloc(size, 1)), &std::free), size_(size) {}
  std::byte* data() const { return bytes_.get(); }
  std::span<std::byte> span() const { return {data(), size_}; }

 private:
  std::unique_ptr<std::byte, decltype(&std::free)> bytes_;
  std::size_t size_;
};

double elements(const tinyrig::packed::Shape4& s) { return 1.0 * s.n * s.h * s.w * s.c; }

// Of a loaded image, whose tables are in bounds.
double steps_of(const Buffer& image, const Operator& op) {
  const std::byte* params = image.data() + op.params_offset;
  switch (op.kind) {
    case OperatorKind::kConv2d:
    case OperatorKind::kDepthwiseConv2d:
    case OperatorKind::kTransposeConv: {
      const auto& p = *reinterpret_cast<const ConvParams*>(params);
      return elements(p.output_shape) * p.kernel_h * p.kernel_w * p.input_shape.c;
    }
    case OperatorKind::kFullyConnected: {
      const auto& p = *reinterpret_cast<const FullyConnectedParams*>(params);
      return 1.0 * p.batches * p.inputs * p.outputs;
    }
    case OperatorKind::kAveragePool2d:
    case OperatorKind::kMaxPool2d: {
      const auto& p = *reinterpret_cast<const PoolParams*>(params);
      return elements(p.output_shape) * std::min(p.filter_h, p.input_shape.h) * std::min(p.filter_w, p.input_shape.w);
    }
    case OperatorKind::kMean: {
      const auto& p = *reinterpret_cast<const MeanParams*>(params);
      double outputs = 1;
      for (const std::int32_t dim : p.kept_dims) {
        outputs *= dim;
      }
      return outputs * p.count;
    }
    default:
      return kMaxArenaBytes;  // each output once
  }
}

void repair(std::span<std::byte> bytes) {
  if (bytes.size() < sizeof(Header) || bytes[offsetof(Header, crc32)] == std::byte{0xFF}) {
    return;
  }
  auto& header = *reinterpret_cast<Header*>(bytes.data());
  header.magic = tinyrig::packed::kMagic;
  header.version = tinyrig::packed::kVersion;
  header.header_bytes = sizeof(Header);
  header.image_bytes = static_cast<std::uint32_t>(bytes.size());
  tinyrig::test::seal(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace runtime = tinyrig::runtime;
  if (size > kMaxImageBytes) {
    return 0;
  }
  Buffer image(size);
  if (size != 0) {
    std::memcpy(image.data(), data, size);
  }
  repair(image.span());

  std::uint32_t arena_bytes = 0;
  if (size >= sizeof(Header)) {
    arena_bytes = std::min(reinterpret_cast<const Header*>(image.data())->arena_bytes, kMaxArenaBytes);
  }
  Buffer arena(arena_bytes);
  tinyrig::engine::Engine engine;
  runtime::LoadReport report;
  const runtime::Error error = engine.load(image.span(), arena.span(), report);
  if (error != runtime::Error::kOk) {
    if (engine.run() != runtime::Error::kNoModel) {
      std::abort();
    }
    return 0;
  }

  const auto& header = *reinterpret_cast<const Header*>(image.data());
  double steps = 0;
  for (std::uint16_t i = 0; i < header.operator_count; ++i) {
    steps += steps_of(image, reinterpret_cast<const Operator*>(image.data() + header.operators_offset)[i]);
  }
  for (std::size_t i = 0; i < engine.input_count(); ++i) {
    tinyrig::wire::fill_golden_input(static_cast<std::uint32_t>(i + 1), engine.input(i));
  }
  if (steps <= kMaxSteps) {
    struct Hasher {
      const tinyrig::engine::Engine& running;
      std::uint32_t hash = tinyrig::wire::kFnv1aSeed;
    } hasher{engine};
    const runtime::OperatorHook hook = {[](void* context, std::uint16_t index) {
                                          auto& self = *static_cast<Hasher*>(context);
                                          self.hash =
                                              tinyrig::wire::fnv1a_32(self.running.operator_output(index), self.hash);
                                        },
                                        &hasher};
    if (engine.run(&hook) != runtime::Error::kOk) {
      std::abort();
    }
    for (std::size_t i = 0; i < engine.output_count(); ++i) {
      hasher.hash = tinyrig::wire::fnv1a_32(engine.output(i), hasher.hash);
    }
    asm volatile("" : : "r"(hasher.hash));  // every output byte was read
  }
  return 0;
}
