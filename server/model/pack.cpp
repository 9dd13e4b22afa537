#include "server/model/pack.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "server/base/status_macros.h"
#include "server/model/errors.h"
#include "server/model/image_writer.h"
#include "server/model/layout.h"
#include "server/model/limits.h"
#include "server/model/lower.h"
#include "server/model/parse_tflite.h"

namespace tinyrig::model {
namespace {

static_assert(std::endian::native == std::endian::little, "images are little-endian and written as they lie");

using Digest = std::array<std::uint8_t, SHA256_DIGEST_LENGTH>;

Digest sha256(std::span<const std::uint8_t> bytes) {
  Digest digest{};
  SHA256(bytes.data(), bytes.size(), digest.data());
  return digest;
}

std::string hex(const Digest& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

packed::ElementType element_type(TensorType type) {
  switch (type) {
    case TensorType::kFloat32:
      return packed::ElementType::kFloat32;
    case TensorType::kInt32:
      return packed::ElementType::kInt32;
    default:
      return packed::ElementType::kInt8;
  }
}

template <class T>
std::span<const std::byte> bytes_of(const T& object) {
  static_assert(std::is_trivially_copyable_v<T>);
  return std::as_bytes(std::span(&object, 1));
}

template <class T>
void append(std::vector<std::byte>& target, std::span<const T> values) {
  const auto bytes = std::as_bytes(values);
  target.insert(target.end(), bytes.begin(), bytes.end());
}

std::vector<std::byte> serialize(const OperatorParams& params) {
  std::vector<std::byte> bytes;
  const auto write = [&bytes]<class Params>(const Params& p) {
    if constexpr (std::is_same_v<Params, PartsOperands>) {
      append(bytes, std::span(&p.head, 1));
      append(bytes, std::span(p.parts));
      append(bytes, std::span(p.part_bytes));
    } else {
      append(bytes, std::span(&p, 1));
    }
  };
  std::visit(write, params);
  return bytes;
}

// Replaces value ids by addresses and writes everything down.
class Packer {
 public:
  Packer(const Graph& graph, const Program& program, const ArenaPlan& plan)
      : graph_(graph), program_(program), plan_(plan) {}

  absl::StatusOr<std::vector<std::byte>> run(packed::Core core, const std::string& model_id, const Digest& sha256) {
    std::vector<packed::Operator> operators;
    for (const LoweredOperator& op : program_.operators) {
      TINYRIG_ASSIGN_OR_RETURN(packed::Operator entry, pack_operator(op));
      operators.push_back(entry);
    }
    std::vector<packed::Tensor> tensors;
    for (std::size_t i = 0; i < program_.inputs.size(); ++i) {
      tensors.push_back(pack_tensor(program_.inputs[i], graph_.inputs[i]));
    }
    for (std::size_t i = 0; i < program_.outputs.size(); ++i) {
      tensors.push_back(pack_tensor(program_.outputs[i], graph_.outputs[i]));
    }
    packed::Header header{};
    header.core = core;
    header.arena_bytes = plan_.arena_bytes;
    header.operator_count = static_cast<std::uint16_t>(operators.size());
    header.input_count = static_cast<std::uint16_t>(program_.inputs.size());
    header.output_count = static_cast<std::uint16_t>(program_.outputs.size());
    header.operators_offset = writer_.add(std::as_bytes(std::span(operators)));
    header.tensors_offset = writer_.add(std::as_bytes(std::span(tensors)));
    std::memcpy(header.model_id, model_id.data(), std::min(model_id.size(), sizeof(header.model_id)));
    std::ranges::copy(sha256, header.model_sha256);
    return writer_.finish(header);
  }

 private:
  packed::DataRef address_of(ValueId value) {
    if (value == packed::kNone) return packed::kNone;
    const Value& described = program_.values[value];
    if (described.kind == Value::Kind::kConstant) return packed::kInImage | writer_.add_constant(described.data);
    return plan_.find(value)->offset;
  }

  absl::StatusOr<packed::Operator> pack_operator(const LoweredOperator& op) {
    OperatorParams params = op.params;
    for_each_ref(params, [this](packed::DataRef& ref) { ref = address_of(ref); });
    packed::Operator entry{};
    entry.kind = op.kind;
    entry.kernel = op.kernel;
    entry.source_index = static_cast<std::uint16_t>(op.source_index);
    const std::vector<std::byte> bytes = serialize(params);
    entry.params_offset = writer_.add(bytes);
    entry.params_bytes = static_cast<std::uint32_t>(bytes.size());
    entry.output = address_of(op.writes[0]);
    entry.output_bytes = program_.values[op.writes[0]].bytes;
    if (writer_.size() > kMaxImageBytes) {
      return model_error(kTooLarge, "the packed model is larger than " + std::to_string(kMaxImageBytes) + " bytes",
                         "use a model that is meant for a microcontroller");
    }
    return entry;
  }

  packed::Tensor pack_tensor(ValueId value, std::int32_t index) {
    const Tensor& source = graph_.tensors[static_cast<std::size_t>(index)];
    packed::Tensor tensor{};
    tensor.data = address_of(value);
    tensor.bytes = static_cast<std::uint32_t>(source.bytes);
    tensor.type = element_type(source.type);
    tensor.rank = static_cast<std::uint8_t>(source.shape.size());
    std::ranges::copy(source.shape, tensor.dims);
    if (source.quantization.scales.size() == 1) {
      tensor.scale = source.quantization.scales[0];
      tensor.zero_point = source.quantization.zero_points[0];
    }
    return tensor;
  }

  const Graph& graph_;
  const Program& program_;
  const ArenaPlan& plan_;
  ImageWriter writer_;
};

void describe(const Graph& graph, const Program& program, const ArenaPlan& plan, PackedModel& model) {
  for (std::size_t i = 0; i < program.operators.size(); ++i) {
    const LoweredOperator& op = program.operators[i];
    model.operators.push_back({static_cast<std::uint32_t>(op.source_index), operator_name(op.code), op.shape,
                               op.kernel_name, op.macs, op.weight_bytes, plan.live_bytes[i]});
    model.macs += op.macs;
    model.weight_bytes += op.weight_bytes;
  }
  for (const std::int32_t i : graph.inputs) {
    model.inputs.push_back(tensor_info(graph.tensors[static_cast<std::size_t>(i)]));
  }
  for (const std::int32_t i : graph.outputs) {
    model.outputs.push_back(tensor_info(graph.tensors[static_cast<std::size_t>(i)]));
  }
  for (const Placement& placement : plan.placements) {
    const std::int32_t tensor = program.values[placement.value].tensor;
    std::string name = "scratch";
    if (tensor >= 0) {
      name = std::to_string(tensor) + " " + graph.tensors[static_cast<std::size_t>(tensor)].name;
    }
    model.plan.push_back({std::move(name), placement});
  }
}

}  // namespace

TensorInfo tensor_info(const Tensor& source) {
  TensorInfo info;
  info.name = source.name;
  info.type = type_name(source.type);
  info.shape = source.shape;
  if (source.quantization.scales.size() == 1) {
    info.scale = source.quantization.scales[0];
    info.zero_point = source.quantization.zero_points[0];
  }
  info.bytes = static_cast<std::uint32_t>(source.bytes);
  return info;
}

absl::StatusOr<PackedModel> pack(const Graph& graph, packed::Core core, const PackOptions& options) {
  TINYRIG_ASSIGN_OR_RETURN(Program program, lower(graph));
  PackedModel model;
  model.core = lay_out(program, core) ? core : packed::Core::kPortable;
  TINYRIG_ASSIGN_OR_RETURN(const ArenaPlan plan, plan_arena(program, options.reuse));
  const Digest digest = sha256(graph.file);
  TINYRIG_ASSIGN_OR_RETURN(model.image, Packer(graph, program, plan).run(model.core, options.model_id, digest));
  model.sha256 = hex(digest);
  model.arena_bytes = plan.arena_bytes;
  model.arena_lower_bound_bytes = plan.lower_bound_bytes;
  model.live_set_bytes = plan.live_set_bytes;
  describe(graph, program, plan, model);
  if (model.core != packed::Core::kPortable) {
    TINYRIG_ASSIGN_OR_RETURN(PackedModel portable, pack(graph, packed::Core::kPortable, options));
    model.portable_image = std::move(portable.image);
  }
  return model;
}

absl::StatusOr<PackedModel> pack_tflite(std::span<const std::uint8_t> file, packed::Core core,
                                        const PackOptions& options) {
  TINYRIG_ASSIGN_OR_RETURN(const Graph graph, parse_tflite(file));
  return pack(graph, core, options);
}

std::string sha256_hex(std::span<const std::uint8_t> bytes) { return hex(sha256(bytes)); }

}  // namespace tinyrig::model
