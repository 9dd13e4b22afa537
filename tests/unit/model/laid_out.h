// A small model lowered and laid out for a core, for looking at what the layouter made.
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

#include "server/model/layout.h"
#include "server/model/lower.h"
#include "server/model/parse_tflite.h"
#include "tests/support/model/tflite_builder.h"

namespace tinyrig::model {

struct LaidOut {
  Graph graph;
  Program program;
  bool any = false;

  const LoweredOperator& op(std::size_t index = 0) const { return program.operators[index]; }
  template <class Params>
  const Params& params(std::size_t index = 0) const {
    return std::get<Params>(op(index).params);
  }
  template <class T>
  std::vector<T> constants(ValueId value) const {
    std::vector<T> values(program.values[value].bytes / sizeof(T));
    std::memcpy(values.data(), program.values[value].data.data(), values.size() * sizeof(T));
    return values;
  }
};

inline LaidOut lay_out_model(const test::TfliteBuilder& builder, packed::Core core) {
  LaidOut result;
  result.graph = parse_tflite(builder.build()).value();
  result.program = lower(result.graph).value();
  result.any = lay_out(result.program, core);
  return result;
}

}  // namespace tinyrig::model
