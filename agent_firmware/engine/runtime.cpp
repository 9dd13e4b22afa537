// The runtime interface over packed images. The one model that is loaded is this file's only state.
#include "agent_firmware/engine/runtime.h"

#include "agent_firmware/engine/image.h"
#include "agent_firmware/engine/kernel.h"

namespace tinyrig::runtime {
namespace {

struct LoadedModel {
  engine::Image image;
  engine::Memory memory;
  bool loaded;
};
LoadedModel current;

}  // namespace

const char* name() { return "tinyrig 0.1.0"; }

std::uint8_t core() { return static_cast<std::uint8_t>(engine::this_core()); }

Error load(std::span<const std::byte> bytes, std::span<std::byte> arena, LoadReport& report) {
  unload();
  report = {};
  engine::Image image(bytes);
  const Error error = image.check();
  if (error != Error::kOk) {
    return error;
  }
  report.arena_bytes = image.header().arena_bytes;
  report.operator_count = image.header().operator_count;
  if (arena.size() < report.arena_bytes) {
    report.missing_bytes = report.arena_bytes - static_cast<std::uint32_t>(arena.size());
    return Error::kArenaTooSmall;
  }
  current.image = image;
  current.memory = {image.data(), arena.data()};
  current.loaded = true;
  return Error::kOk;
}

void unload() { current = {}; }

std::size_t input_count() { return current.loaded ? current.image.inputs().size() : 0; }

std::span<std::byte> input(std::size_t index) {
  if (index >= input_count()) {
    return {};
  }
  const packed::Tensor& tensor = current.image.inputs()[index];
  return {current.memory.write<std::byte>(tensor.data), tensor.bytes};
}

std::size_t output_count() { return current.loaded ? current.image.outputs().size() : 0; }

std::span<const std::byte> output(std::size_t index) {
  if (index >= output_count()) {
    return {};
  }
  const packed::Tensor& tensor = current.image.outputs()[index];
  return {current.memory.read<std::byte>(tensor.data), tensor.bytes};
}

Error run(const OperatorHook* hook) {
  if (!current.loaded) {
    return Error::kNoModel;
  }
  std::uint16_t index = 0;
  for (const packed::Operator& op : current.image.operators()) {
    engine::find_kernel(op.kind, op.kernel)->run(current.image.params(op), current.memory);
    if (hook != nullptr) {
      hook->after(hook->context, index, {current.memory.read<std::byte>(op.output), op.output_bytes});
    }
    ++index;
  }
  return Error::kOk;
}

}  // namespace tinyrig::runtime
