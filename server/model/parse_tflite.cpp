#include "server/model/parse_tflite.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "server/base/status_macros.h"
#include "server/model/errors.h"
#include "server/model/limits.h"
#include "server/model/parse_options.h"
#include "server/model/tflite_generated.h"
#include "wire/packed_model/format.h"

namespace tinyrig::model {
namespace {

constexpr char kConvertHint[] =
    "convert the model again with the TensorFlow Lite converter, and check that the file was copied whole";

std::string quoted(const std::string& name) { return name.empty() ? std::string() : " \"" + name + "\""; }

// The verifier aligns vectors by their 4-byte length, not by their 8-byte elements.
std::int64_t long_at(const flatbuffers::Vector<std::int64_t>& values, std::size_t i) {
  std::int64_t value = 0;
  std::memcpy(&value, values.Data() + i * sizeof(value), sizeof(value));
  return value;
}

// Reads one model; `graph_` grows step by step, each step relying on the checks of those before.
class Parser {
 public:
  explicit Parser(std::span<const std::uint8_t> file) { graph_.file.assign(file.begin(), file.end()); }

  absl::StatusOr<Graph> run() {
    TINYRIG_RETURN_IF_ERROR(verify());
    TINYRIG_RETURN_IF_ERROR(read_operators());
    TINYRIG_RETURN_IF_ERROR(read_ends());
    TINYRIG_RETURN_IF_ERROR(read_tensors());
    TINYRIG_RETURN_IF_ERROR(check_order());
    return std::move(graph_);
  }

 private:
  absl::Status verify() {
    if (graph_.file.size() > kMaxFileBytes) {
      return model_error(kTooLarge,
                         "the file has " + std::to_string(graph_.file.size()) + " bytes; the limit is " +
                             std::to_string(kMaxFileBytes),
                         "use a model that is meant for a microcontroller");
    }
    // A root offset, the identifier, and a table's smallest vtable reference.
    if (graph_.file.size() < 16 || !flatbuffers::BufferHasIdentifier(graph_.file.data(), tflite::ModelIdentifier())) {
      return model_error(kNotFlatbuffer, "not a .tflite file: the identifier TFL3 is missing at byte 4",
                         "give a .tflite file, not a Keras, ONNX or SavedModel one");
    }
    flatbuffers::Verifier verifier(graph_.file.data(), graph_.file.size(), kMaxVerifierDepth, kMaxVerifierTables);
    if (!tflite::VerifyModelBuffer(verifier)) {
      return model_error(kNotFlatbuffer, "the .tflite file is damaged or cut off: an offset points outside of it",
                         kConvertHint);
    }
    model_ = tflite::GetModel(graph_.file.data());
    if (model_->version() != 3) {
      return model_error(kUnsupported, "schema version " + std::to_string(model_->version()) + "; only 3 is known",
                         kConvertHint);
    }
    const std::size_t subgraphs = model_->subgraphs() == nullptr ? 0 : model_->subgraphs()->size();
    if (subgraphs != 1) {
      return model_error(kUnsupported,
                         "the model has " + std::to_string(subgraphs) + " subgraphs; exactly one is supported",
                         "convert one function without control flow (IF, WHILE, CALL_ONCE)");
    }
    subgraph_ = model_->subgraphs()->Get(0);
    if (subgraph_ == nullptr || subgraph_->tensors() == nullptr || subgraph_->operators() == nullptr ||
        subgraph_->inputs() == nullptr || subgraph_->outputs() == nullptr || model_->buffers() == nullptr ||
        model_->operator_codes() == nullptr || subgraph_->operators()->size() == 0) {
      return model_error(kInvalid, "the model has no operators, tensors, inputs, outputs or buffers", kConvertHint);
    }
    const auto check_count = [](std::size_t count, std::size_t limit, const char* what) {
      return count <= limit ? absl::OkStatus()
                            : model_error(kTooLarge, std::to_string(count) + " " + what + "; the limit is " +
                                                         std::to_string(limit));
    };
    TINYRIG_RETURN_IF_ERROR(check_count(subgraph_->tensors()->size(), kMaxTensors, "tensors"));
    TINYRIG_RETURN_IF_ERROR(check_count(subgraph_->operators()->size(), kMaxOperators, "operators"));
    graph_.tensors.resize(subgraph_->tensors()->size());
    used_.assign(graph_.tensors.size(), false);
    return absl::OkStatus();
  }

  absl::Status read_operators() {
    const auto& operators = *subgraph_->operators();
    for (std::uint32_t i = 0; i < operators.size(); ++i) {
      const tflite::Operator* source = operators.Get(i);
      const std::string where = "operator " + std::to_string(i);
      if (source->opcode_index() >= model_->operator_codes()->size()) {
        return model_error(kInvalid, where + ": operator code " + std::to_string(source->opcode_index()) +
                                         " does not exist (" + std::to_string(model_->operator_codes()->size()) +
                                         " codes)");
      }
      const tflite::OperatorCode* code = model_->operator_codes()->Get(source->opcode_index());
      // Old converters fill only the first, new ones both or (above 127) a marker in the first.
      const std::int32_t builtin = std::max<std::int32_t>(code->deprecated_builtin_code(), code->builtin_code());
      Operator op;
      op.code = static_cast<OperatorCode>(builtin);
      op.index = static_cast<std::int32_t>(i);
      const std::string name = where + " (" + operator_name(op.code) + ")";
      TINYRIG_ASSIGN_OR_RETURN(op.inputs, read_indices(source->inputs(), name + " input", /*optional=*/true));
      TINYRIG_ASSIGN_OR_RETURN(op.outputs, read_indices(source->outputs(), name + " output", /*optional=*/false));
      if (op.outputs.empty()) return model_error(kInvalid, name + " has no output");
      if (is_supported(builtin)) {
        absl::StatusOr<Options> options = parse_options(*source, op.code, name);
        if (options.ok()) {
          op.options = *std::move(options);
        } else if (reason_of(options.status()) == kUnsupported) {
          op.refusal = options.status();
        } else {
          return options.status();
        }
      } else {
        op.refusal = unknown_operator(*code, builtin, where);
      }
      graph_.operators.push_back(std::move(op));
    }
    return absl::OkStatus();
  }

  static absl::Status unknown_operator(const tflite::OperatorCode& code, std::int32_t builtin,
                                       const std::string& where) {
    std::string name = operator_name(builtin);
    if (code.custom_code() != nullptr) name += " \"" + code.custom_code()->str().substr(0, kMaxNameBytes) + "\"";
    return model_error(kUnknownOperator, where + " is " + name + ", which the engine does not have",
                       "replace the operator by supported ones: docs/packed_model.md lists them");
  }

  absl::StatusOr<std::vector<std::int32_t>> read_indices(const flatbuffers::Vector<std::int32_t>* source,
                                                         const std::string& where, bool optional) {
    std::vector<std::int32_t> indices;
    if (source == nullptr) return indices;
    if (source->size() > kMaxOperands) {
      return model_error(kTooLarge, where + "s: " + std::to_string(source->size()) + " tensors; the limit is " +
                                        std::to_string(kMaxOperands));
    }
    for (const std::int32_t index : *source) {
      if (index == kAbsent && optional) {
        indices.push_back(index);
        continue;
      }
      if (index < 0 || static_cast<std::size_t>(index) >= graph_.tensors.size()) {
        return model_error(kInvalid, where + ": tensor " + std::to_string(index) + " does not exist (the model has " +
                                         std::to_string(graph_.tensors.size()) + ")");
      }
      used_[static_cast<std::size_t>(index)] = true;
      indices.push_back(index);
    }
    return indices;
  }

  absl::Status read_ends() {
    TINYRIG_ASSIGN_OR_RETURN(graph_.inputs, read_indices(subgraph_->inputs(), "model input", false));
    TINYRIG_ASSIGN_OR_RETURN(graph_.outputs, read_indices(subgraph_->outputs(), "model output", false));
    if (graph_.inputs.empty()) return model_error(kInvalid, "the model has no input");
    if (graph_.outputs.empty()) return model_error(kInvalid, "the model has no output");
    return absl::OkStatus();
  }

  // A tensor that the engine cannot have refuses the operators that touch it.
  absl::Status read_tensors() {
    refused_tensors_.resize(graph_.tensors.size());
    for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
      if (!used_[i]) continue;
      const absl::Status read = read_tensor(i);
      if (!read.ok() && reason_of(read) != kUnsupported) return read;
      refused_tensors_[i] = read;
    }
    std::vector<bool> told(graph_.tensors.size(), false);
    for (Operator& op : graph_.operators) refuse_by_tensors(op, told);
    for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
      if (!told[i]) TINYRIG_RETURN_IF_ERROR(refused_tensors_[i]);  // of the model's ends alone
    }
    return absl::OkStatus();
  }

  void refuse_by_tensors(Operator& op, std::vector<bool>& told) const {
    for (const std::vector<std::int32_t>* operands : {&op.inputs, &op.outputs}) {
      for (const std::int32_t index : *operands) {
        if (index == kAbsent || refused_tensors_[static_cast<std::size_t>(index)].ok()) continue;
        told[static_cast<std::size_t>(index)] = true;
        if (!op.refusal.ok()) continue;
        const absl::Status& refusal = refused_tensors_[static_cast<std::size_t>(index)];
        op.refusal = model_error(kUnsupported,
                                 "operator " + std::to_string(op.index) + " (" + operator_name(op.code) +
                                     "): " + std::string(refusal.message()),
                                 hint_of(refusal));
      }
    }
  }

  absl::Status read_tensor(std::size_t i) {
    const tflite::Tensor* source = subgraph_->tensors()->Get(static_cast<std::uint32_t>(i));
    Tensor& tensor = graph_.tensors[i];
    tensor.index = static_cast<std::int32_t>(i);
    if (source->name() != nullptr) tensor.name = source->name()->str().substr(0, kMaxNameBytes);
    const std::string where = "tensor " + std::to_string(i) + quoted(tensor.name);
    tensor.type = static_cast<TensorType>(source->type());
    TINYRIG_RETURN_IF_ERROR(read_shape(*source, where, tensor));
    if (type_bytes(tensor.type) == 0) {
      return model_error(kUnsupported,
                         where + " has type " + std::string(type_name(tensor.type)) + "; int8 models are supported",
                         "quantize the model to int8 (full integer, int8 inputs and outputs)");
    }
    if (source->is_variable()) {
      return model_error(kUnsupported, where + " is a variable; models with state are not supported");
    }
    if (source->sparsity() != nullptr) {
      return model_error(kUnsupported, where + " is sparse", "convert the model without sparse storage");
    }
    TINYRIG_RETURN_IF_ERROR(read_data(*source, where, tensor));
    return read_quantization(*source, where, tensor);
  }

  static absl::Status read_shape(const tflite::Tensor& source, const std::string& where, Tensor& tensor) {
    if (source.shape() == nullptr) return finish_shape(where, tensor);
    if (source.shape()->size() > static_cast<std::size_t>(packed::kMaxRank)) {
      return model_error(kUnsupported, where + " has " + std::to_string(source.shape()->size()) +
                                           " dimensions; up to " + std::to_string(packed::kMaxRank) + " are supported");
    }
    for (const std::int32_t dimension : *source.shape()) {
      if (dimension < 1) {
        return model_error(kUnsupported,
                           where + " has a dimension of " + std::to_string(dimension) + "; shapes must be fixed",
                           "convert the model with a fixed input shape (batch 1)");
      }
      tensor.shape.push_back(dimension);
    }
    return finish_shape(where, tensor);
  }

  static absl::Status finish_shape(const std::string& where, Tensor& tensor) {
    for (const std::int32_t dimension : tensor.shape) {
      if (tensor.elements > kMaxFileBytes / static_cast<std::size_t>(dimension)) {
        return model_error(kTooLarge, where + " of shape " + shape_text(tensor.shape) + " is too large");
      }
      tensor.elements *= static_cast<std::size_t>(dimension);
    }
    tensor.bytes = tensor.elements * type_bytes(tensor.type);
    return absl::OkStatus();
  }

  absl::Status read_data(const tflite::Tensor& source, const std::string& where, Tensor& tensor) {
    if (source.buffer() >= model_->buffers()->size()) {
      // Some writers leave out the empty buffer 0.
      if (source.buffer() == 0) return check_activation_size(where, tensor);
      return model_error(kInvalid, where + ": buffer " + std::to_string(source.buffer()) + " does not exist (" +
                                       std::to_string(model_->buffers()->size()) + " buffers)");
    }
    const tflite::Buffer* buffer = model_->buffers()->Get(source.buffer());
    if (buffer->offset() > 1 || buffer->size() > 1) {
      return model_error(kUnsupported, where + ": its data lies outside of the flatbuffer");
    }
    if (buffer->data() == nullptr || buffer->data()->size() == 0) return check_activation_size(where, tensor);
    if (buffer->data()->size() != tensor.bytes) {
      return model_error(kInvalid, where + ": shape " + shape_text(tensor.shape) + " of " +
                                       std::string(type_name(tensor.type)) + " needs " + std::to_string(tensor.bytes) +
                                       " bytes, its buffer has " + std::to_string(buffer->data()->size()));
    }
    tensor.is_constant = true;
    tensor.data = {buffer->data()->data(), tensor.bytes};
    return absl::OkStatus();
  }

  static absl::Status check_activation_size(const std::string& where, const Tensor& tensor) {
    if (tensor.bytes <= kMaxTensorBytes) return absl::OkStatus();
    return model_error(
        kTooLarge,
        where + " needs " + std::to_string(tensor.bytes) + " bytes; the limit is " + std::to_string(kMaxTensorBytes),
        "use a model that is meant for a microcontroller");
  }

  absl::Status read_quantization(const tflite::Tensor& source, const std::string& where, Tensor& tensor) {
    const tflite::Quantization* quantization = source.quantization();
    if (quantization == nullptr) return absl::OkStatus();
    if (static_cast<int>(quantization->details_type()) != 0) {
      return model_error(kUnsupported, where + " is quantized blockwise or in another special way");
    }
    const std::size_t scales = quantization->scale() == nullptr ? 0 : quantization->scale()->size();
    // Of other types (biases, float32) nothing is computed from it except a check of a bias's scale.
    const bool strict = tensor.type == TensorType::kInt8;
    if (scales == 0 || (!strict && scales != 1)) return absl::OkStatus();
    quantization_entries_ += scales;
    if (quantization_entries_ > kMaxQuantizationEntries) {
      return model_error(kTooLarge, where + ": the model has too many quantization scales");
    }
    const std::size_t zero_points = quantization->zero_point() == nullptr ? 0 : quantization->zero_point()->size();
    if (zero_points > 1 && zero_points != scales) {
      return model_error(kInvalid, where + " has " + std::to_string(scales) + " scales and " +
                                       std::to_string(zero_points) + " zero points");
    }
    Quantization& target = tensor.quantization;
    target.axis = quantization->quantized_dimension();
    if (scales > 1) {
      if (target.axis < 0 || static_cast<std::size_t>(target.axis) >= tensor.shape.size() ||
          static_cast<std::size_t>(tensor.shape[static_cast<std::size_t>(target.axis)]) != scales) {
        return model_error(kInvalid, where + " of shape " + shape_text(tensor.shape) + " has " +
                                         std::to_string(scales) + " scales along dimension " +
                                         std::to_string(target.axis));
      }
    }
    for (std::size_t i = 0; i < scales; ++i) {
      const float scale = quantization->scale()->Get(static_cast<std::uint32_t>(i));
      std::int64_t zero_point = 0;
      if (zero_points > 0) zero_point = long_at(*quantization->zero_point(), zero_points == 1 ? 0 : i);
      // An all-zero channel of weights may have scale 0; an activation's scale is divided by.
      const bool scale_good = std::isfinite(scale) && (scale > 0.0F || (scale == 0.0F && tensor.is_constant));
      const bool zero_point_good = zero_point >= std::numeric_limits<std::int8_t>::min() &&
                                   zero_point <= std::numeric_limits<std::int8_t>::max();
      if (strict && (!scale_good || !zero_point_good)) {
        return model_error(kInvalid, where + ": scale " + std::to_string(scale) + " and zero point " +
                                         std::to_string(zero_point) + " are no int8 quantization");
      }
      if (!scale_good || !zero_point_good) {
        target = Quantization();
        return absl::OkStatus();
      }
      target.scales.push_back(scale);
      target.zero_points.push_back(static_cast<std::int32_t>(zero_point));
    }
    return absl::OkStatus();
  }

  std::string describe(std::int32_t index) const {
    return "tensor " + std::to_string(index) + quoted(graph_.tensors[static_cast<std::size_t>(index)].name);
  }

  // Every tensor is written once and before it is read: no cycles, no reading of what nobody wrote.
  absl::Status check_order() {
    std::vector<bool> defined(graph_.tensors.size(), false);
    for (const Tensor& tensor : graph_.tensors) {
      if (tensor.is_constant) defined[static_cast<std::size_t>(tensor.index)] = true;
    }
    // Whether a refused tensor is a constant is not known.
    const auto refused = [this](std::int32_t index) { return !refused_tensors_[static_cast<std::size_t>(index)].ok(); };
    for (const std::int32_t input : graph_.inputs) {
      if (defined[static_cast<std::size_t>(input)]) {
        return model_error(kInvalid, "model input " + describe(input) + " is a constant or given twice");
      }
      defined[static_cast<std::size_t>(input)] = true;
    }
    for (const Operator& op : graph_.operators) {
      const std::string where = "operator " + std::to_string(op.index) + " (" + operator_name(op.code) + ")";
      for (const std::int32_t input : op.inputs) {
        if (input == kAbsent || defined[static_cast<std::size_t>(input)] || refused(input)) continue;
        return model_error(kInvalid, where + " reads " + describe(input) +
                                         ", which is no constant and which no earlier operator writes");
      }
      for (const std::int32_t output : op.outputs) {
        if (defined[static_cast<std::size_t>(output)]) {
          return model_error(kInvalid, where + " writes " + describe(output) +
                                           ", which is a constant, a model input, or written already");
        }
        defined[static_cast<std::size_t>(output)] = true;
      }
    }
    for (const std::int32_t output : graph_.outputs) {
      const bool constant = graph_.tensors[static_cast<std::size_t>(output)].is_constant;
      if (constant || (!defined[static_cast<std::size_t>(output)] && !refused(output))) {
        return model_error(kInvalid, "model output " + describe(output) + " is computed by no operator");
      }
    }
    return absl::OkStatus();
  }

  Graph graph_;
  const tflite::Model* model_ = nullptr;
  const tflite::SubGraph* subgraph_ = nullptr;
  std::vector<bool> used_;
  std::size_t quantization_entries_ = 0;
  std::vector<absl::Status> refused_tensors_;  // OK: the engine can have it
};

}  // namespace

absl::StatusOr<Graph> parse_tflite(std::span<const std::uint8_t> file) { return Parser(file).run(); }

}  // namespace tinyrig::model
