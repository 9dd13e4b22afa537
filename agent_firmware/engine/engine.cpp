#include "agent_firmware/engine/engine.h"

namespace tinyrig::engine {

using runtime::Error;

Error Engine::load(std::span<const std::byte> bytes, std::span<std::byte> arena, runtime::LoadReport& report) {
  unload();
  report = {};
  Image image(bytes);
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
  image_ = image;
  memory_ = {image.data(), arena.data()};
  loaded_ = true;
  return Error::kOk;
}

std::span<std::byte> Engine::input(std::size_t index) const {
  if (index >= input_count()) {
    return {};
  }
  const packed::Tensor& tensor = image_.inputs()[index];
  return {memory_.write<std::byte>(tensor.data), tensor.bytes};
}

std::span<const std::byte> Engine::output(std::size_t index) const {
  if (index >= output_count()) {
    return {};
  }
  const packed::Tensor& tensor = image_.outputs()[index];
  return {memory_.read<std::byte>(tensor.data), tensor.bytes};
}

Error Engine::run(const runtime::OperatorHook* hook) const {
  if (!loaded_) {
    return Error::kNoModel;
  }
  std::uint16_t index = 0;
  for (const packed::Operator& op : image_.operators()) {
    find_kernel(op.kind, op.kernel)->run(image_.params(op), memory_);
    if (hook != nullptr) {
      hook->after(hook->context, index);
    }
    ++index;
  }
  return Error::kOk;
}

std::span<const std::byte> Engine::operator_output(std::uint16_t index) const {
  if (!loaded_ || index >= image_.operators().size()) {
    return {};
  }
  const packed::Operator& op = image_.operators()[index];
  return {memory_.read<std::byte>(op.output), op.output_bytes};
}

}  // namespace tinyrig::engine
