// A body for the declarations in include/: runs models with our own engine, so that the adapter can be driven on the
// host as an agent that takes the .tflite. One model at a time, as the agent has it.
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "agent_firmware/agent/port.h"
#include "agent_firmware/engine/engine.h"
#include "server/model/pack.h"
#include "server/model/parse_tflite.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_profiler_interface.h"

namespace {

// Beside the planned arena, so that nobody takes one number for the other.
constexpr std::size_t kInterpreterBytes = 640;

struct Loaded {
  std::vector<tflite::OperatorCode> operator_codes;
  tinyrig::model::PackedModel packed;
  std::vector<std::uint64_t> aligned_image;  // 16 bytes and more
  tinyrig::engine::Engine engine;
  std::vector<TfLiteTensor> inputs, outputs;
};
std::unique_ptr<Loaded> loaded;

// Where the model ends only the server knows; the verifier takes what follows it for padding.
std::span<const std::uint8_t> up_to_the_end(const void* tflite) {
  const auto* begin = static_cast<const std::byte*>(tflite);
  for (const std::span<const std::byte> memory :
       {std::span<const std::byte>(tinyrig::port::model_ram()), tinyrig::port::model_slot()}) {
    if (begin < memory.data() || begin >= memory.data() + memory.size()) continue;
    const auto bytes = static_cast<std::size_t>(memory.data() + memory.size() - begin);
    return {reinterpret_cast<const std::uint8_t*>(begin), bytes};
  }
  return {};
}

std::span<std::byte> image() {
  auto* const begin = reinterpret_cast<std::byte*>(loaded->aligned_image.data());
  const std::size_t off = reinterpret_cast<std::uintptr_t>(begin) % 16;
  return {begin + (16 - off) % 16, loaded->packed.image.size()};
}

}  // namespace

namespace tflite {

const Model* GetModel(const void* bytes) {
  static const Model model;
  loaded = std::make_unique<Loaded>();
  const auto graph = tinyrig::model::parse_tflite(up_to_the_end(bytes));
  if (!graph.ok()) return &model;
  auto packed = tinyrig::model::pack(*graph, tinyrig::packed::Core::kPortable);
  if (!packed.ok()) return &model;
  for (const auto& op : graph->operators) loaded->operator_codes.emplace_back(static_cast<std::int32_t>(op.code));
  loaded->packed = *std::move(packed);
  loaded->aligned_image.resize(loaded->packed.image.size() / sizeof(std::uint64_t) + 4);
  std::memcpy(image().data(), loaded->packed.image.data(), loaded->packed.image.size());
  return &model;
}

const Vector<OperatorCode>* Model::operator_codes() const {
  static std::optional<Vector<OperatorCode>> codes;
  codes.emplace(loaded->operator_codes.data(), static_cast<std::uint32_t>(loaded->operator_codes.size()));
  return &*codes;
}

const Vector<SubGraph>* Model::subgraphs() const {
  static const SubGraph only;
  static const Vector<SubGraph> all(&only, 1);
  return &all;
}

const Vector<Operator>* SubGraph::operators() const {
  static std::optional<Vector<Operator>> operators;
  operators.emplace(nullptr, static_cast<std::uint32_t>(loaded->operator_codes.size()));
  return &*operators;
}

MicroInterpreter::MicroInterpreter(const Model*, const MicroOpResolver& op_resolver, std::uint8_t* tensor_arena,
                                   std::size_t tensor_arena_size, MicroResourceVariables*,
                                   MicroProfilerInterface* profiler, bool)
    : op_resolver_(op_resolver), arena_(tensor_arena), arena_bytes_(tensor_arena_size), profiler_(profiler) {}

MicroInterpreter::~MicroInterpreter() { loaded->engine.unload(); }

TfLiteStatus MicroInterpreter::AllocateTensors() {
  for (const OperatorCode& code : loaded->operator_codes) {
    if (op_resolver_.FindOp(code.builtin_code()) == nullptr) return kTfLiteError;
  }
  if (loaded->operator_codes.empty() || arena_bytes_ < arena_used_bytes()) return kTfLiteError;
  const std::span<std::byte> arena(reinterpret_cast<std::byte*>(arena_), arena_bytes_);
  tinyrig::runtime::LoadReport report;
  if (loaded->engine.load(image(), arena, report) != tinyrig::runtime::Error::kOk) return kTfLiteError;
  const auto tensor_of = [](std::span<const std::byte> bytes) {
    TfLiteTensor tensor{};
    tensor.data.data = const_cast<std::byte*>(bytes.data());
    tensor.bytes = bytes.size();
    return tensor;
  };
  for (std::size_t i = 0; i < inputs_size(); ++i) loaded->inputs.push_back(tensor_of(loaded->engine.input(i)));
  for (std::size_t i = 0; i < outputs_size(); ++i) loaded->outputs.push_back(tensor_of(loaded->engine.output(i)));
  return kTfLiteOk;
}

TfLiteStatus MicroInterpreter::Invoke() {
  // One event around each operator: ended by the engine's hook, begun there for the next.
  struct Events {
    MicroProfilerInterface* profiler;
    std::size_t left;
    std::uint32_t open;
  } events{profiler_, loaded->operator_codes.size(), profiler_->BeginEvent("operator")};
  const tinyrig::runtime::OperatorHook hook{[](void* context, std::uint16_t) {
                                              auto& self = *static_cast<Events*>(context);
                                              self.profiler->EndEvent(self.open);
                                              if (--self.left > 0) self.open = self.profiler->BeginEvent("operator");
                                            },
                                            &events};
  return loaded->engine.run(&hook) == tinyrig::runtime::Error::kOk ? kTfLiteOk : kTfLiteError;
}

std::size_t MicroInterpreter::inputs_size() const { return loaded->engine.input_count(); }
TfLiteTensor* MicroInterpreter::input(std::size_t index) { return &loaded->inputs[index]; }
std::size_t MicroInterpreter::outputs_size() const { return loaded->engine.output_count(); }
TfLiteTensor* MicroInterpreter::output(std::size_t index) { return &loaded->outputs[index]; }
std::size_t MicroInterpreter::arena_used_bytes() const { return loaded->packed.arena_bytes + kInterpreterBytes; }

}  // namespace tflite
