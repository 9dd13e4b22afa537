// TensorFlow Lite Micro as a runtime, linked from a static library that the user built (docs/runtimes.md). It takes
// the .tflite as it is; its arena is all the RAM that the agent has for models.
//
// The interpreter takes its profiler when it is made, so that a run without a hook still makes two empty virtual calls
// for each operator. A library built with TF_LITE_STRIP_ERROR_STRINGS never calls the profiler: all operators then
// have 0 ticks.
#include "agent_firmware/agent/runtime.h"

#include <cstring>
#include <new>

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/micro_profiler_interface.h"

namespace tinyrig::runtime {
namespace {

// An object that is never destroyed at exit, which a board does not have.
template <class T>
struct Storage {
  alignas(T) std::byte bytes[sizeof(T)];
  T* get() { return std::launder(reinterpret_cast<T*>(bytes)); }
};

// Turns the interpreter's events, one for each operator, into the hook's calls.
class Profiler final : public ::tflite::MicroProfilerInterface {
 public:
  void begin(const OperatorHook* hook, std::uint16_t operators) {
    hook_ = hook;
    left_ = operators;
    next_ = 0;
  }
  std::uint32_t BeginEvent(const char*) override { return 0; }
  void EndEvent(std::uint32_t) override {
    if (hook_ != nullptr && next_ < left_) {
      hook_->after(hook_->context, next_++);
    }
  }

 private:
  const OperatorHook* hook_ = nullptr;
  std::uint16_t left_ = 0;
  std::uint16_t next_ = 0;
};

// The operators that the server accepts in a model.
constexpr unsigned int kOperators = 29;
using Resolver = ::tflite::MicroMutableOpResolver<kOperators>;
using Interpreter = ::tflite::MicroInterpreter;

Storage<Resolver> resolver_storage;
Storage<Profiler> profiler_storage;
Storage<Interpreter> interpreter_storage;
Interpreter* interpreter = nullptr;
std::uint16_t operator_count = 0;

Resolver& resolver() {
  static bool made = false;
  if (!made) {
    made = true;
    Resolver& all = *new (resolver_storage.bytes) Resolver();
    all.AddAdd();
    all.AddAveragePool2D();
    all.AddConcatenation();
    all.AddConv2D();
    all.AddDepthwiseConv2D();
    all.AddDequantize();
    all.AddExpandDims();
    all.AddFullyConnected();
    all.AddHardSwish();
    all.AddLeakyRelu();
    all.AddLogistic();
    all.AddMaxPool2D();
    all.AddMean();
    all.AddMul();
    all.AddPad();
    all.AddPadV2();
    all.AddQuantize();
    all.AddRelu();
    all.AddRelu6();
    all.AddReshape();
    all.AddResizeNearestNeighbor();
    all.AddSoftmax();
    all.AddSplit();
    all.AddSqueeze();
    all.AddStridedSlice();
    all.AddSub();
    all.AddTanh();
    all.AddTranspose();
    all.AddTransposeConv();
    new (profiler_storage.bytes) Profiler();
  }
  return *resolver_storage.get();
}

bool has_every_operator(const ::tflite::Model& model) {
  for (std::uint32_t i = 0; i < model.operator_codes()->size(); ++i) {
    const auto* code = model.operator_codes()->Get(i);
    // Old converters fill the one, new ones the other.
    const std::int32_t old_code = code->deprecated_builtin_code();
    const std::int32_t new_code = code->builtin_code();
    const auto builtin = static_cast<::tflite::BuiltinOperator>(old_code > new_code ? old_code : new_code);
    if (resolver().FindOp(builtin) == nullptr) {
      return false;
    }
  }
  return true;
}

std::span<std::byte> bytes_of(TfLiteTensor* tensor) {
  return {reinterpret_cast<std::byte*>(tensor->data.raw), tensor->bytes};
}

}  // namespace

std::span<const Description> descriptions() {
  static const Description all[] = {{TINYRIG_TFLM_NAME, TINYRIG_TFLM_VERSION, ModelFormat::kTflite, 0}};
  return all;
}

Error load(std::span<const std::byte> bytes, std::span<std::byte> arena, LoadReport& report) {
  unload();
  report = {};
  constexpr std::size_t kIdentifierAt = 4;
  if (bytes.size() < 2 * kIdentifierAt || std::memcmp(bytes.data() + kIdentifierAt, "TFL3", 4) != 0) {
    report.text = "not a .tflite";
    return Error::kBadModel;
  }
  const ::tflite::Model& model = *::tflite::GetModel(bytes.data());
  if (!has_every_operator(model)) {
    report.text = "the model has an operator that this build of TFLM was not given";
    return Error::kUnsupported;
  }
  Resolver& operators = resolver();
  auto* const memory = reinterpret_cast<std::uint8_t*>(arena.data());
  interpreter = new (interpreter_storage.bytes)
      Interpreter(&model, operators, memory, arena.size(), nullptr, profiler_storage.get());
  if (interpreter->AllocateTensors() != kTfLiteOk) {
    unload();
    report.text = "TFLM cannot allocate: the arena is too small, or a kernel refuses a shape or type";
    return Error::kArenaTooSmall;
  }
  operator_count = static_cast<std::uint16_t>(model.subgraphs()->Get(0)->operators()->size());
  report.operator_count = operator_count;
  report.arena_bytes = static_cast<std::uint32_t>(interpreter->arena_used_bytes());
  return Error::kOk;
}

void unload() {
  if (interpreter != nullptr) {
    interpreter->~Interpreter();
    interpreter = nullptr;
  }
  operator_count = 0;
}

std::size_t input_count() { return interpreter != nullptr ? interpreter->inputs_size() : 0; }
std::span<std::byte> input(std::size_t index) {
  return index < input_count() ? bytes_of(interpreter->input(index)) : std::span<std::byte>();
}
std::size_t output_count() { return interpreter != nullptr ? interpreter->outputs_size() : 0; }
std::span<const std::byte> output(std::size_t index) {
  return index < output_count() ? bytes_of(interpreter->output(index)) : std::span<std::byte>();
}

Error run(const OperatorHook* hook) {
  if (interpreter == nullptr) {
    return Error::kNoModel;
  }
  profiler_storage.get()->begin(hook, operator_count);
  const TfLiteStatus status = interpreter->Invoke();
  profiler_storage.get()->begin(nullptr, 0);
  return status == kTfLiteOk ? Error::kOk : Error::kOperatorFailed;
}

// The interpreter shows no operator's output.
std::span<const std::byte> operator_output(std::uint16_t) { return {}; }

std::size_t arena_used_bytes() { return interpreter != nullptr ? interpreter->arena_used_bytes() : 0; }
// TFLM takes the arena from both ends.
std::span<std::byte> spare_arena() { return {}; }

}  // namespace tinyrig::runtime
