// Our engine as a runtime. `portable` is the same engine on an image that is packed for no core: it then runs
// the portable kernels alone, which every firmware links.
#include "agent_firmware/agent/runtime.h"

#include "agent_firmware/agent/paint.h"
#include "agent_firmware/engine/engine.h"

namespace tinyrig::runtime {
namespace {

constexpr char kVersion[] = "0.1.0";
// Painted behind the planned arena, to see a plan that is wrong.
constexpr std::size_t kBeyondPlanBytes = 256;

engine::Engine current;
std::span<std::byte> arena_behind;  // of the current model's arena
std::span<std::byte> painted;

constexpr std::size_t align_up(std::size_t bytes) { return (bytes + 15) / 16 * 16; }
std::span<std::byte> behind(std::span<std::byte> arena, std::size_t bytes) {
  return arena.subspan(bytes < arena.size() ? bytes : arena.size());
}

}  // namespace

std::span<const Description> descriptions() {
  static const Description all[] = {
      {"tinyrig", kVersion, ModelFormat::kPacked, static_cast<std::uint8_t>(engine::this_core())},
      {"portable", kVersion, ModelFormat::kPacked, static_cast<std::uint8_t>(packed::Core::kPortable)},
  };
  return all;
}

Error load(std::span<const std::byte> model, std::span<std::byte> arena, LoadReport& report) {
  unload();
  const Error error = current.load(model, arena, report);
  if (error != Error::kOk) {
    return error;
  }
  painted = arena.first(arena.size() - behind(arena, report.arena_bytes + kBeyondPlanBytes).size());
  agent::paint(painted);
  arena_behind = behind(arena, align_up(report.arena_bytes));
  return Error::kOk;
}

void unload() {
  current.unload();
  arena_behind = painted = {};
}

std::size_t input_count() { return current.input_count(); }
std::span<std::byte> input(std::size_t index) { return current.input(index); }
std::size_t output_count() { return current.output_count(); }
std::span<const std::byte> output(std::size_t index) { return current.output(index); }
Error run(const OperatorHook* hook) { return current.run(hook); }
std::span<const std::byte> operator_output(std::uint16_t index) { return current.operator_output(index); }
std::size_t arena_used_bytes() { return agent::used_bytes(painted); }
std::span<std::byte> spare_arena() { return arena_behind; }

}  // namespace tinyrig::runtime
