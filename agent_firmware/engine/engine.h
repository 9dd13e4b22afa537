// A packed model made ready to run: the image checked, bound to an arena. All state is the object's, so that
// the agent keeps one for ever and the server one per reference run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent_firmware/agent/runtime.h"
#include "agent_firmware/engine/image.h"
#include "agent_firmware/engine/kernel.h"

namespace tinyrig::engine {

// Functions as in agent/runtime.h.
class Engine {
 public:
  runtime::Error load(std::span<const std::byte> image, std::span<std::byte> arena, runtime::LoadReport& report);
  void unload() { loaded_ = false; }

  std::size_t input_count() const { return loaded_ ? image_.inputs().size() : 0; }
  std::span<std::byte> input(std::size_t index) const;
  std::size_t output_count() const { return loaded_ ? image_.outputs().size() : 0; }
  std::span<const std::byte> output(std::size_t index) const;

  runtime::Error run(const runtime::OperatorHook* hook = nullptr) const;
  std::span<const std::byte> operator_output(std::uint16_t index) const;

 private:
  Image image_;
  Memory memory_{};
  bool loaded_ = false;
};

}  // namespace tinyrig::engine
