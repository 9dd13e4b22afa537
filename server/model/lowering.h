// What the files that lower operators share: reading operands with checks, making constants, describing.
// Internal to lower*.cpp.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/model/errors.h"
#include "server/model/program.h"
#include "server/model/quantize.h"

namespace tinyrig::model {

/// Lowers one operator at a time into a program. Not thread-safe.
class Lowering {
 public:
  Lowering(const Graph& graph, Program& program) : graph_(graph), program_(program) {}

  /// Makes `op` the current one; `lowered` gets what the functions below add.
  void start(const Operator& op, LoweredOperator& lowered);

  const Operator& op() const { return *op_; }

  /// Operands, checked: they exist, are activations or constants, and have the type.
  absl::StatusOr<const Tensor*> input(std::size_t slot, TensorType type, const char* role);
  absl::StatusOr<const Tensor*> constant_input(std::size_t slot, TensorType type, const char* role);
  absl::StatusOr<const Tensor*> output(std::size_t slot, TensorType type);
  /// The same for any of int8, int32 and float32: operators that only move elements.
  absl::StatusOr<const Tensor*> movable_input(std::size_t slot, const char* role);
  absl::StatusOr<const Tensor*> movable_output(std::size_t slot, const Tensor& like);
  /// nullptr when the slot is absent.
  absl::StatusOr<const Tensor*> optional_constant(std::size_t slot, TensorType type, const char* role);
  bool has_input(std::size_t slot) const;
  absl::Status check_operand_count(std::size_t least, std::size_t most, std::size_t outputs);

  /// Scale and zero point of a tensor quantized as a whole.
  struct Affine {
    float scale = 0.0F;
    std::int32_t zero_point = 0;
  };
  absl::StatusOr<Affine> affine(const Tensor& tensor);

  /// int32 (or int64) elements of a constant, such as axes and sizes.
  absl::StatusOr<std::vector<std::int32_t>> integers(std::size_t slot, const char* role, std::size_t most = 16);

  /// Values for the program. `read` and `write` also record the access.
  ValueId read(const Tensor& tensor);
  ValueId write(const Tensor& tensor);
  ValueId activation(const Tensor& tensor) { return value_of(tensor); }
  ValueId constant(const Tensor& tensor);
  ValueId constant(std::span<const std::int32_t> values);
  ValueId table(std::vector<std::uint8_t> bytes) { return program_.add_constant(std::move(bytes)); }
  /// The output may take over this input's memory when nothing reads it later: the kernel handles
  /// element i before it writes element i, and later elements do not look back.
  void allow_in_place(const Tensor& tensor);

  absl::StatusOr<Multiplier> multiplier(double real, const char* what);
  absl::StatusOr<ActivationRange> range(Activation activation, const Affine& output);

  /// Errors about the current operator: "operator 3 (CONV_2D): ...".
  absl::Status unsupported(const std::string& why, std::string hint = "") const;
  absl::Status invalid(const std::string& why) const;
  std::string describe(const Tensor& tensor) const;

  LoweredOperator& lowered() { return *lowered_; }
  const Graph& graph() const { return graph_; }

 private:
  absl::StatusOr<const Tensor*> operand(std::size_t slot, const char* role);
  absl::Status check_type(const Tensor& tensor, TensorType type, const char* role);
  ValueId value_of(const Tensor& tensor);
  std::string where() const;

  const Graph& graph_;
  Program& program_;
  const Operator* op_ = nullptr;
  LoweredOperator* lowered_ = nullptr;
  std::vector<std::optional<ValueId>> value_of_tensor_;
};

/// [n, h, w, c] of a tensor of rank 4 with spatial sizes that the engine takes.
absl::StatusOr<packed::Shape4> shape4(Lowering& lowering, const Tensor& tensor, const char* role);

// One function for each group of operators; each fills lowering.lowered().
absl::Status lower_conv_2d(Lowering& lowering);
absl::Status lower_depthwise_conv_2d(Lowering& lowering);
absl::Status lower_transpose_conv(Lowering& lowering);
absl::Status lower_fully_connected(Lowering& lowering);
absl::Status lower_pool(Lowering& lowering);
absl::Status lower_binary(Lowering& lowering);
absl::Status lower_mean(Lowering& lowering);
absl::Status lower_softmax(Lowering& lowering);
absl::Status lower_lookup(Lowering& lowering);
absl::Status lower_quantize(Lowering& lowering);
absl::Status lower_dequantize(Lowering& lowering);
absl::Status lower_copy(Lowering& lowering);
absl::Status lower_pad(Lowering& lowering);
absl::Status lower_transpose(Lowering& lowering);
absl::Status lower_strided_slice(Lowering& lowering);
absl::Status lower_concatenation(Lowering& lowering);
absl::Status lower_split(Lowering& lowering);
absl::Status lower_resize(Lowering& lowering);

/// "1x8x8x3 -> 1x4x4x3", for messages and listings.
std::string unary_shape(const Tensor& input, const Tensor& output);

}  // namespace tinyrig::model
