// Makes small .tflite files for tests: int8 tensors, constants and operators on FlatBuffers' object form of
// our schema. `model` may be changed by hand before build(), to make files that lie.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "server/model/graph.h"
#include "server/model/tflite_generated.h"

namespace tinyrig::test {

class TfliteBuilder {
 public:
  TfliteBuilder();

  /// Activations. Scale 0: no quantization.
  int tensor(std::vector<std::int32_t> shape, float scale = 0.05F, std::int64_t zero_point = 0,
             tflite::TensorType type = tflite::TensorType::INT8);
  int input(std::vector<std::int32_t> shape, float scale = 0.05F, std::int64_t zero_point = 0,
            tflite::TensorType type = tflite::TensorType::INT8);
  /// Constants. More than one scale: along dimension `axis`.
  int constant(std::vector<std::int32_t> shape, std::span<const std::int8_t> data, std::vector<float> scales = {0.05F},
               std::int32_t axis = 0);
  int constant(std::span<const std::int32_t> data);
  int constant(std::initializer_list<std::int32_t> data) { return constant(std::span(data.begin(), data.size())); }

  template <class OptionsTable>
  tflite::OperatorT& add(model::OperatorCode code, std::vector<std::int32_t> inputs, std::vector<std::int32_t> outputs,
                         OptionsTable options) {
    tflite::OperatorT& op = add(code, std::move(inputs), std::move(outputs));
    op.options.Set(std::move(options));
    return op;
  }
  tflite::OperatorT& add(model::OperatorCode code, std::vector<std::int32_t> inputs, std::vector<std::int32_t> outputs);

  void output(int tensor) { graph().outputs.push_back(tensor); }

  tflite::SubGraphT& graph() { return *model.subgraphs[0]; }
  tflite::TensorT& at(int tensor) { return *graph().tensors[static_cast<std::size_t>(tensor)]; }

  std::vector<std::uint8_t> build() const;

  tflite::ModelT model;
};

/// The file bytes of a model in object form.
std::vector<std::uint8_t> pack_flatbuffer(const tflite::ModelT& model);

}  // namespace tinyrig::test
