#include "server/model/lowering.h"

#include <cstring>

#include "server/base/status_macros.h"

namespace tinyrig::model {
namespace {

constexpr char kQuantizeHint[] = "quantize the model to int8 (full integer, int8 inputs and outputs)";
constexpr std::int32_t kMaxSpatial = 32767;  // as in the engine

}  // namespace

void Lowering::start(const Operator& op, LoweredOperator& lowered) {
  op_ = &op;
  lowered_ = &lowered;
  lowered.source_index = op.index;
  lowered.code = op.code;
  value_of_tensor_.resize(graph_.tensors.size());
}

std::string Lowering::where() const {
  return "operator " + std::to_string(op_->index) + " (" + operator_name(op_->code) + ")";
}

std::string Lowering::describe(const Tensor& tensor) const {
  std::string text = "tensor " + std::to_string(tensor.index);
  if (!tensor.name.empty()) text += " \"" + tensor.name + "\"";
  return text;
}

absl::Status Lowering::unsupported(const std::string& why, std::string hint) const {
  return model_error(kUnsupported, where() + ": " + why, std::move(hint));
}

absl::Status Lowering::invalid(const std::string& why) const { return model_error(kInvalid, where() + ": " + why); }

bool Lowering::has_input(std::size_t slot) const { return slot < op_->inputs.size() && op_->inputs[slot] != kAbsent; }

absl::Status Lowering::check_operand_count(std::size_t least, std::size_t most, std::size_t outputs) {
  if (op_->inputs.size() < least || op_->inputs.size() > most || op_->outputs.size() != outputs) {
    return invalid("has " + std::to_string(op_->inputs.size()) + " inputs and " + std::to_string(op_->outputs.size()) +
                   " outputs; " + std::to_string(least) + (most == least ? "" : " to " + std::to_string(most)) +
                   " and " + std::to_string(outputs) + " are needed");
  }
  return absl::OkStatus();
}

absl::StatusOr<const Tensor*> Lowering::operand(std::size_t slot, const char* role) {
  if (!has_input(slot)) return invalid(std::string(role) + " is missing");
  return &graph_.tensors[static_cast<std::size_t>(op_->inputs[slot])];
}

absl::Status Lowering::check_type(const Tensor& tensor, TensorType type, const char* role) {
  if (tensor.type == type) return absl::OkStatus();
  if (type == TensorType::kInt8 && tensor.type == TensorType::kFloat32) {
    bool reads_int8 = false;
    for (const std::int32_t input : op_->inputs) {
      reads_int8 |= input != kAbsent && graph_.tensors[static_cast<std::size_t>(input)].type == TensorType::kInt8;
    }
    if (reads_int8) {
      return model_error(
          kHybridModel,
          where() + ": a hybrid model: the weights are int8, but " + role + " " + describe(tensor) + " is float32",
          kQuantizeHint);
    }
    return model_error(kFloatModel, where() + ": a float model: " + role + " " + describe(tensor) + " is float32",
                       kQuantizeHint);
  }
  return unsupported(std::string(role) + " " + describe(tensor) + " is " + std::string(type_name(tensor.type)) +
                         ", not " + std::string(type_name(type)),
                     kQuantizeHint);
}

absl::StatusOr<const Tensor*> Lowering::input(std::size_t slot, TensorType type, const char* role) {
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* tensor, operand(slot, role));
  TINYRIG_RETURN_IF_ERROR(check_type(*tensor, type, role));
  return tensor;
}

absl::StatusOr<const Tensor*> Lowering::constant_input(std::size_t slot, TensorType type, const char* role) {
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* tensor, input(slot, type, role));
  if (!tensor->is_constant) return unsupported(std::string(role) + " " + describe(*tensor) + " is not a constant");
  return tensor;
}

absl::StatusOr<const Tensor*> Lowering::optional_constant(std::size_t slot, TensorType type, const char* role) {
  if (!has_input(slot)) return nullptr;
  return constant_input(slot, type, role);
}

absl::StatusOr<const Tensor*> Lowering::output(std::size_t slot, TensorType type) {
  if (slot >= op_->outputs.size()) return invalid("output is missing");
  const Tensor* tensor = &graph_.tensors[static_cast<std::size_t>(op_->outputs[slot])];
  TINYRIG_RETURN_IF_ERROR(check_type(*tensor, type, "output"));
  return tensor;
}

absl::StatusOr<const Tensor*> Lowering::movable_input(std::size_t slot, const char* role) {
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* tensor, operand(slot, role));
  if (tensor->type == TensorType::kInt64) {
    return unsupported(std::string(role) + " " + describe(*tensor) + " is int64");
  }
  return tensor;
}

absl::StatusOr<const Tensor*> Lowering::movable_output(std::size_t slot, const Tensor& like) {
  return output(slot, like.type);
}

absl::StatusOr<Lowering::Affine> Lowering::affine(const Tensor& tensor) {
  const Quantization& quantization = tensor.quantization;
  if (quantization.scales.size() != 1) {
    return unsupported(
        describe(tensor) + (quantization.scales.empty() ? " has no scale"
                                                        : " has a scale for each channel, where one for all is needed"),
        kQuantizeHint);
  }
  if (quantization.scales[0] <= 0.0F) return invalid(describe(tensor) + " has scale 0");
  return Affine{quantization.scales[0], quantization.zero_points[0]};
}

absl::StatusOr<std::vector<std::int32_t>> Lowering::integers(std::size_t slot, const char* role, std::size_t most) {
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* tensor, operand(slot, role));
  const bool wide = tensor->type == TensorType::kInt64;
  if (!wide) TINYRIG_RETURN_IF_ERROR(check_type(*tensor, TensorType::kInt32, role));
  if (!tensor->is_constant) return unsupported(std::string(role) + " " + describe(*tensor) + " is not a constant");
  if (tensor->elements > most) {
    return invalid(std::string(role) + " " + describe(*tensor) + " has " + std::to_string(tensor->elements) +
                   " elements");
  }
  std::vector<std::int32_t> values(tensor->elements);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!wide) {
      std::memcpy(&values[i], tensor->data.data() + i * sizeof(std::int32_t), sizeof(std::int32_t));
      continue;
    }
    std::int64_t value = 0;
    std::memcpy(&value, tensor->data.data() + i * sizeof(value), sizeof(value));
    values[i] = static_cast<std::int32_t>(value);
    if (values[i] != value) return invalid(std::string(role) + " " + describe(*tensor) + " is out of range");
  }
  return values;
}

ValueId Lowering::value_of(const Tensor& tensor) {
  std::optional<ValueId>& value = value_of_tensor_[static_cast<std::size_t>(tensor.index)];
  if (!value.has_value()) {
    if (tensor.is_constant) {
      value = program_.add_constant_view(tensor.data, tensor.index);
    } else {
      program_.values.push_back({Value::Kind::kActivation, static_cast<std::uint32_t>(tensor.bytes), {}, tensor.index});
      value = static_cast<ValueId>(program_.values.size() - 1);
    }
  }
  return *value;
}

ValueId Lowering::read(const Tensor& tensor) {
  const ValueId value = value_of(tensor);
  if (tensor.is_constant) {
    lowered_->weight_bytes += tensor.bytes;
  } else {
    lowered_->reads.push_back(value);
  }
  return value;
}

ValueId Lowering::write(const Tensor& tensor) {
  const ValueId value = value_of(tensor);
  lowered_->writes.push_back(value);
  return value;
}

ValueId Lowering::constant(const Tensor& tensor) {
  lowered_->weight_bytes += tensor.bytes;
  return value_of(tensor);
}

ValueId Lowering::constant(std::span<const std::int32_t> values) {
  std::vector<std::uint8_t> bytes(values.size_bytes());
  std::memcpy(bytes.data(), values.data(), bytes.size());  // little-endian, as the boards and this host
  return program_.add_constant(std::move(bytes));
}

void Lowering::allow_in_place(const Tensor& tensor) {
  if (!tensor.is_constant) lowered_->in_place.push_back(value_of(tensor));
}

absl::StatusOr<Multiplier> Lowering::multiplier(double real, const char* what) {
  absl::StatusOr<Multiplier> result = quantize_multiplier(real);
  if (!result.ok()) return invalid(std::string(what) + ": " + std::string(result.status().message()));
  return result;
}

absl::StatusOr<ActivationRange> Lowering::range(Activation activation, const Affine& output) {
  absl::StatusOr<ActivationRange> result = activation_range(activation, output.scale, output.zero_point);
  if (!result.ok()) return invalid(std::string(result.status().message()));
  return result;
}

absl::StatusOr<packed::Shape4> shape4(Lowering& lowering, const Tensor& tensor, const char* role) {
  if (tensor.shape.size() != 4) {
    return lowering.unsupported(std::string(role) + " " + lowering.describe(tensor) + " of shape " +
                                shape_text(tensor.shape) + " is not of rank 4");
  }
  if (tensor.shape[1] > kMaxSpatial || tensor.shape[2] > kMaxSpatial) {
    return lowering.unsupported(std::string(role) + " " + lowering.describe(tensor) + " of shape " +
                                shape_text(tensor.shape) + " is larger than " + std::to_string(kMaxSpatial));
  }
  return packed::Shape4{tensor.shape[0], tensor.shape[1], tensor.shape[2], tensor.shape[3]};
}

std::string unary_shape(const Tensor& input, const Tensor& output) {
  return shape_text(input.shape) + " -> " + shape_text(output.shape);
}

}  // namespace tinyrig::model
