// Hostile .tflite files through parse and pack. What the packer accepts, the engine must accept too; and
// small models must run alike with and without reuse of memory.
//
// Mutations know the structure: half of them unpack the file, change a field, and write a valid flatbuffer
// again, so that the checks behind the verifier are reached; the others flip bytes.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "server/base/error.h"
#include "server/model/pack.h"
#include "server/model/parse_tflite.h"
#include "server/model/reference_run.h"
#include "tests/support/model/random_model.h"
#include "tests/support/model/tflite_builder.h"

namespace tinyrig {
namespace {

constexpr std::uint64_t kRunSteps = 1'000'000;
constexpr std::size_t kRunArenaBytes = std::size_t{1} << 18;

[[noreturn]] void fail(const char* what, const absl::Status& status) {
  std::fprintf(stderr, "%s: %s\n", what, status.ToString().c_str());
  std::abort();
}

void check(std::span<const std::uint8_t> file) {
  const absl::StatusOr<model::Graph> graph = model::parse_tflite(file);
  if (!graph.ok()) {
    if (reason_of(graph.status()).empty()) fail("an error without a reason", graph.status());
    return;
  }
  const absl::StatusOr<model::PackedModel> packed = model::pack(*graph, packed::Core::kPortable);
  if (!packed.ok()) {
    if (reason_of(packed.status()).empty()) fail("an error without a reason", packed.status());
    return;
  }
  std::size_t elements = 0;
  for (const model::PlacementInfo& info : packed->plan) elements += info.placement.bytes;
  if (elements > kRunArenaBytes) return;
  const absl::StatusOr<model::ReferenceRun> run = model::reference_run(packed->image, 1, kRunSteps);
  if (absl::IsResourceExhausted(run.status())) return;
  if (!run.ok()) fail("packed, but the engine does not run it", run.status());
  model::PackOptions apart;
  apart.reuse = model::MemoryReuse::kNone;
  const absl::StatusOr<model::PackedModel> packed_apart = model::pack(*graph, packed::Core::kPortable, apart);
  if (!packed_apart.ok()) fail("packs only with reuse of memory", packed_apart.status());
  const auto run_apart = model::reference_run(packed_apart->image, 1);
  if (!run_apart.ok()) fail("runs only with reuse of memory", run_apart.status());
  if (run->operator_fnv1a32 != run_apart->operator_fnv1a32 || run->output != run_apart->output) {
    fail("reuse of memory changes the outputs", absl::OkStatus());
  }
}

// Changes one field of a model in object form.
class Mutator {
 public:
  Mutator(tflite::ModelT& model, std::uint32_t seed) : model_(model), random_(seed) {}

  void mutate() {
    if (model_.subgraphs.empty() || model_.subgraphs[0] == nullptr) return;
    tflite::SubGraphT& graph = *model_.subgraphs[0];
    switch (random_() % 8) {
      case 0:
        return mutate_tensor(graph);
      case 1:
        return mutate_quantization(graph);
      case 2:
      case 3:
        return mutate_options(graph);
      case 4:
        return mutate_operands(graph);
      case 5:
        return mutate_code();
      case 6:
        return mutate_buffer();
      default:
        return mutate_order(graph);
    }
  }

 private:
  template <class T>
  T* any(std::vector<std::unique_ptr<T>>& items) {
    return items.empty() ? nullptr : items[random_() % items.size()].get();
  }

  std::int32_t number() {
    constexpr std::int32_t kEdges[] = {0,    1,   -1,    2,     3,     4,          7,        127,
                                       -128, 255, 32767, 32768, 65535, 0x7FFFFFFF, INT32_MIN};
    return random_() % 2 == 0 ? kEdges[random_() % std::size(kEdges)] : static_cast<std::int32_t>(random_() % 16);
  }

  float real() {
    constexpr float kEdges[] = {0.0F,   -0.0F, 1.0F,    -1.0F, 1.0F / 256, 1.0F / 128, 1e-30F,
                                1e-45F, 1e30F, 3.4e38F, 0.05F, 6.0F,       0.0078125F};
    if (random_() % 12 == 0) return std::numeric_limits<float>::quiet_NaN();
    if (random_() % 12 == 0) return std::numeric_limits<float>::infinity();
    return kEdges[random_() % std::size(kEdges)];
  }

  // An entry of a list changed, removed or added.
  void mutate_list(std::vector<std::int32_t>& list) {
    const std::uint32_t choice = random_() % 4;
    if (list.empty() || choice == 0) {
      list.insert(list.begin() + static_cast<std::ptrdiff_t>(random_() % (list.size() + 1)), number());
    } else if (choice == 1) {
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(random_() % list.size()));
    } else {
      list[random_() % list.size()] = number();
    }
  }

  void mutate_tensor(tflite::SubGraphT& graph) {
    tflite::TensorT* tensor = any(graph.tensors);
    if (tensor == nullptr) return;
    switch (random_() % 5) {
      case 0:
        tensor->type = static_cast<tflite::TensorType>(random_() % 22);
        return;
      case 1:
        tensor->buffer = random_() % 3 == 0 ? static_cast<std::uint32_t>(number())
                                            : static_cast<std::uint32_t>(random_() % (model_.buffers.size() + 1));
        return;
      case 2:
        // The same elements in another shape.
        std::shuffle(tensor->shape.begin(), tensor->shape.end(), random_);
        return;
      default:
        return mutate_list(tensor->shape);
    }
  }

  void mutate_quantization(tflite::SubGraphT& graph) {
    tflite::TensorT* tensor = any(graph.tensors);
    if (tensor == nullptr) return;
    if (tensor->quantization == nullptr) tensor->quantization = std::make_unique<tflite::QuantizationT>();
    tflite::QuantizationT& quantization = *tensor->quantization;
    switch (random_() % 5) {
      case 0:
        quantization.scale.assign(1 + random_() % 4, real());
        return;
      case 1:
        quantization.zero_point.assign(1 + random_() % 4, number());
        return;
      case 2:
        quantization.quantized_dimension = number();
        return;
      case 3:
        if (!quantization.scale.empty()) quantization.scale[random_() % quantization.scale.size()] = real();
        return;
      default:
        tensor->quantization.reset();
        return;
    }
  }

  template <class Table>
  void set_padding(Table* table) {
    table->padding = static_cast<tflite::Padding>(random_() % 3);
  }
  template <class Table>
  void set_window(Table* table) {
    switch (random_() % 4) {
      case 0:
        return set_padding(table);
      case 1:
        table->stride_h = number();
        return;
      case 2:
        table->stride_w = number();
        return;
      default:
        table->activation = static_cast<tflite::Activation>(random_() % 7);
        return;
    }
  }

  void mutate_options(tflite::SubGraphT& graph) {
    tflite::OperatorT* op = any(graph.operators);
    if (op == nullptr) return;
    if (auto* conv = op->options.AsConv2DOptions()) {
      if (random_() % 3 == 0) conv->dilation_h = number();
      return set_window(conv);
    }
    if (auto* depthwise = op->options.AsDepthwiseConv2DOptions()) {
      if (random_() % 3 == 0) depthwise->depth_multiplier = number();
      if (random_() % 3 == 0) depthwise->dilation_w = number();
      return set_window(depthwise);
    }
    if (auto* pool = op->options.AsPool2DOptions()) {
      if (random_() % 2 == 0) pool->filter_h = number();
      return set_window(pool);
    }
    if (auto* transpose = op->options.AsTransposeConvOptions()) return set_window(transpose);
    if (auto* softmax = op->options.AsSoftmaxOptions()) softmax->beta = real();
    if (auto* leaky = op->options.AsLeakyReluOptions()) leaky->alpha = real();
    if (auto* concatenation = op->options.AsConcatenationOptions()) concatenation->axis = number();
    if (auto* slice = op->options.AsStridedSliceOptions()) {
      (random_() % 2 == 0 ? slice->begin_mask : slice->shrink_axis_mask) = number();
    }
    if (auto* add = op->options.AsAddOptions()) add->activation = static_cast<tflite::Activation>(random_() % 7);
    if (random_() % 16 == 0) op->options.Reset();
  }

  void mutate_operands(tflite::SubGraphT& graph) {
    tflite::OperatorT* op = any(graph.operators);
    const auto tensor = static_cast<std::int32_t>(random_() % (graph.tensors.size() + 1));
    std::vector<std::int32_t>* lists[] = {op == nullptr ? &graph.inputs : &op->inputs,
                                          op == nullptr ? &graph.inputs : &op->outputs, &graph.inputs, &graph.outputs};
    std::vector<std::int32_t>& list = *lists[random_() % 4];
    if (random_() % 3 == 0 || list.empty()) return mutate_list(list);
    list[random_() % list.size()] = tensor;
  }

  void mutate_code() {
    tflite::OperatorCodeT* code = any(model_.operator_codes);
    if (code == nullptr) return;
    code->builtin_code = random_() % 4 == 0 ? number() : static_cast<std::int32_t>(random_() % 120);
    code->deprecated_builtin_code = static_cast<std::int8_t>(std::min(code->builtin_code, 127));
  }

  void mutate_buffer() {
    tflite::BufferT* buffer = any(model_.buffers);
    if (buffer == nullptr) return;
    if (buffer->data.size() >= 4 && random_() % 2 == 0) {
      const std::int32_t value = number();
      const std::size_t at = random_() % (buffer->data.size() / 4) * 4;
      std::memcpy(buffer->data.data() + at, &value, sizeof(value));
    } else if (random_() % 4 == 0) {
      buffer->data.resize(random_() % 64);
    } else if (!buffer->data.empty()) {
      buffer->data[random_() % buffer->data.size()] = static_cast<std::uint8_t>(random_());
    }
  }

  void mutate_order(tflite::SubGraphT& graph) {
    if (graph.operators.empty()) return;
    const std::size_t i = random_() % graph.operators.size(), j = random_() % graph.operators.size();
    if (random_() % 4 == 0) {
      graph.operators.erase(graph.operators.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      std::swap(graph.operators[i], graph.operators[j]);
    }
  }

  tflite::ModelT& model_;
  std::mt19937 random_;
};

// A union may name a type and hold nothing; FlatBuffers' writer of the object form does not expect it.
void drop_empty_unions(tflite::ModelT& model) {
  for (const auto& graph : model.subgraphs) {
    for (const auto& tensor : graph->tensors) {
      if (tensor->quantization != nullptr && tensor->quantization->details.value == nullptr) {
        tensor->quantization->details.Reset();
      }
    }
    for (const auto& op : graph->operators) {
      if (op->options.value == nullptr) op->options.Reset();
    }
  }
}

bool is_flatbuffer(std::span<const std::uint8_t> file) {
  if (file.size() < 16) return false;
  flatbuffers::Verifier verifier(file.data(), file.size(), 16, 4096);
  if (!tflite::VerifyModelBuffer(verifier)) return false;
  // The verifier does not look at the alignment of 64-bit elements, and unpacking reads them as they lie.
  const auto* graphs = tflite::GetModel(file.data())->subgraphs();
  if (graphs == nullptr) return false;
  for (const tflite::SubGraph* graph : *graphs) {
    for (std::uint32_t i = 0; graph->tensors() != nullptr && i < graph->tensors()->size(); ++i) {
      const tflite::Quantization* quantization = graph->tensors()->Get(i)->quantization();
      if (quantization == nullptr || quantization->zero_point() == nullptr) continue;
      const auto address = reinterpret_cast<std::uintptr_t>(quantization->zero_point()->Data());
      if (address % alignof(std::int64_t) != 0) return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace tinyrig

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tinyrig::check({data, size});
  return 0;
}

// Defined by libFuzzer, absent when a corpus is replayed.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max,
                                               unsigned int seed) {
  std::vector<std::uint8_t> made;
  const std::vector<std::uint8_t> file(data, data + size);  // aligned, as FlatBuffers wants it
  if (seed % 32 == 0) {
    made = tinyrig::test::random_model(seed);
  } else if (seed % 2 == 0 && tinyrig::is_flatbuffer(file)) {
    tinyrig::tflite::ModelT model;
    tinyrig::tflite::GetModel(file.data())->UnPackTo(&model);
    tinyrig::drop_empty_unions(model);
    tinyrig::Mutator mutator(model, seed);
    for (unsigned int i = 0; i <= seed / 2 % 3; ++i) mutator.mutate();
    made = tinyrig::test::pack_flatbuffer(model);
  }
  if (made.empty() || made.size() > max) return LLVMFuzzerMutate(data, size, max);
  std::memcpy(data, made.data(), made.size());
  return made.size();
}
