// A model lowered to the engine's operators: parameters computed, constants gathered, nothing placed yet.
//
// Values stand where the packed parameters will have addresses: while a program is built and planned, every
// packed::DataRef field holds a ValueId (or packed::kNone). pack.cpp replaces them at the end.
//
// This is where a core's layouter plugs in (layout.h): it may choose another kernel for an operator, replace
// its constants by ones in another order, and add scratch.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "server/model/graph.h"
#include "wire/packed_model/format.h"
#include "wire/packed_model/params.h"

namespace tinyrig::model {

using ValueId = packed::DataRef;

struct Value {
  enum class Kind : std::uint8_t { kActivation, kConstant, kScratch };
  Kind kind = Kind::kActivation;
  std::uint32_t bytes = 0;
  std::span<const std::uint8_t> data;  // of a constant: a view into the graph or into Program::storage
  std::int32_t tensor = -1;            // in the file; -1: made by lowering
};

/// kConcatenation and kSplit, whose parameters are of variable length.
struct PartsOperands {
  packed::PartsParams head{};
  std::vector<packed::DataRef> parts;
  std::vector<std::uint32_t> part_bytes;
};

using OperatorParams =
    std::variant<packed::ConvParams, packed::FullyConnectedParams, packed::PoolParams, packed::BinaryParams,
                 PartsOperands, packed::CopyParams, packed::PadParams, packed::GatherParams, packed::MeanParams,
                 packed::SoftmaxParams, packed::LookupParams, packed::ConvertParams, packed::ResizeParams>;

struct LoweredOperator {
  packed::OperatorKind kind{};
  packed::KernelVariant kernel = packed::kPortableKernel;
  const char* kernel_name = "portable";
  std::int32_t source_index = 0;
  OperatorCode code{};
  OperatorParams params;

  std::vector<ValueId> reads;     // activations
  std::vector<ValueId> writes;    // activations, outputs in order
  std::vector<ValueId> scratch;   // live during this operator only
  std::vector<ValueId> in_place;  // inputs whose memory the first output may take over

  std::uint64_t macs = 0;
  std::uint64_t weight_bytes = 0;  // constants of the model file that it reads
  std::string shape;               // "1x49x10x1 * 64x10x4x1 -> 1x25x5x64"
};

struct Program {
  std::vector<Value> values;
  std::deque<std::vector<std::uint8_t>> storage;  // constants made by lowering; a deque keeps views valid
  std::vector<LoweredOperator> operators;         // one for each of the graph's, in order
  std::vector<ValueId> inputs, outputs;

  ValueId add_constant(std::vector<std::uint8_t> bytes) {
    storage.push_back(std::move(bytes));
    return add_constant_view(storage.back());
  }
  ValueId add_constant_view(std::span<const std::uint8_t> data, std::int32_t tensor = -1) {
    values.push_back({Value::Kind::kConstant, static_cast<std::uint32_t>(data.size()), data, tensor});
    return static_cast<ValueId>(values.size() - 1);
  }
};

/// Calls `visit` with every DataRef of an operator's parameters, by reference.
template <class Visitor>
void for_each_ref(OperatorParams& params, Visitor visit) {
  const auto fields = [&visit]<class Params>(Params& p) {
    if constexpr (std::is_same_v<Params, packed::ConvParams>) {
      for (auto* ref : {&p.input, &p.output, &p.weights, &p.bias, &p.multipliers, &p.shifts, &p.scratch}) visit(*ref);
    } else if constexpr (std::is_same_v<Params, packed::FullyConnectedParams>) {
      for (auto* ref : {&p.input, &p.output, &p.weights, &p.bias, &p.multipliers, &p.shifts}) visit(*ref);
    } else if constexpr (std::is_same_v<Params, packed::BinaryParams>) {
      for (auto* ref : {&p.input1, &p.input2, &p.output}) visit(*ref);
    } else if constexpr (std::is_same_v<Params, PartsOperands>) {
      visit(p.head.whole);
      for (packed::DataRef& part : p.parts) visit(part);
    } else if constexpr (std::is_same_v<Params, packed::LookupParams>) {
      for (auto* ref : {&p.input, &p.output, &p.table}) visit(*ref);
    } else {
      visit(p.input);
      visit(p.output);
    }
  };
  std::visit(fields, params);
}

}  // namespace tinyrig::model
