#include "tests/support/model/tflite_builder.h"

#include <cstring>

namespace tinyrig::test {

TfliteBuilder::TfliteBuilder() {
  model.version = 3;
  model.buffers.push_back(std::make_unique<tflite::BufferT>());  // the empty one
  model.subgraphs.push_back(std::make_unique<tflite::SubGraphT>());
}

int TfliteBuilder::tensor(std::vector<std::int32_t> shape, float scale, std::int64_t zero_point,
                          tflite::TensorType type) {
  auto made = std::make_unique<tflite::TensorT>();
  made->name = "t" + std::to_string(graph().tensors.size());
  made->shape = std::move(shape);
  made->type = type;
  if (scale != 0.0F) {
    made->quantization = std::make_unique<tflite::QuantizationT>();
    made->quantization->scale = {scale};
    made->quantization->zero_point = {zero_point};
  }
  graph().tensors.push_back(std::move(made));
  return static_cast<int>(graph().tensors.size()) - 1;
}

int TfliteBuilder::input(std::vector<std::int32_t> shape, float scale, std::int64_t zero_point,
                         tflite::TensorType type) {
  const int made = tensor(std::move(shape), scale, zero_point, type);
  graph().inputs.push_back(made);
  return made;
}

int TfliteBuilder::constant(std::vector<std::int32_t> shape, std::span<const std::int8_t> data,
                            std::vector<float> scales, std::int32_t axis) {
  const int made = tensor(std::move(shape));
  at(made).quantization->zero_point.assign(scales.size(), 0);
  at(made).quantization->scale = std::move(scales);
  at(made).quantization->quantized_dimension = axis;
  at(made).buffer = static_cast<std::uint32_t>(model.buffers.size());
  auto buffer = std::make_unique<tflite::BufferT>();
  buffer->data.resize(data.size());
  std::memcpy(buffer->data.data(), data.data(), data.size());
  model.buffers.push_back(std::move(buffer));
  return made;
}

int TfliteBuilder::constant(std::span<const std::int32_t> data) {
  const int made = tensor({static_cast<std::int32_t>(data.size())}, 0.0F, 0, tflite::TensorType::INT32);
  at(made).buffer = static_cast<std::uint32_t>(model.buffers.size());
  auto buffer = std::make_unique<tflite::BufferT>();
  buffer->data.resize(data.size_bytes());
  std::memcpy(buffer->data.data(), data.data(), data.size_bytes());
  model.buffers.push_back(std::move(buffer));
  return made;
}

tflite::OperatorT& TfliteBuilder::add(model::OperatorCode code, std::vector<std::int32_t> inputs,
                                      std::vector<std::int32_t> outputs) {
  const auto number = static_cast<std::int32_t>(code);
  std::uint32_t index = 0;
  while (index < model.operator_codes.size() && model.operator_codes[index]->builtin_code != number) ++index;
  if (index == model.operator_codes.size()) {
    model.operator_codes.push_back(std::make_unique<tflite::OperatorCodeT>());
    model.operator_codes.back()->builtin_code = number;
    model.operator_codes.back()->deprecated_builtin_code = static_cast<std::int8_t>(number);
  }
  auto op = std::make_unique<tflite::OperatorT>();
  op->opcode_index = index;
  op->inputs = std::move(inputs);
  op->outputs = std::move(outputs);
  graph().operators.push_back(std::move(op));
  return *graph().operators.back();
}

std::vector<std::uint8_t> TfliteBuilder::build() const { return pack_flatbuffer(model); }

std::vector<std::uint8_t> pack_flatbuffer(const tflite::ModelT& model) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(tflite::Model::Pack(builder, &model), tflite::ModelIdentifier());
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

}  // namespace tinyrig::test
