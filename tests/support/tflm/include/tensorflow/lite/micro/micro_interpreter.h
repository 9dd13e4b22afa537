// Not TensorFlow Lite Micro: declarations in our own words of the part of its public API that
// agent_firmware/runtimes/tflm uses, so that the adapter is compiled without it. tests/support/tflm/fixture.cpp
// gives them a body on the host.
#pragma once

#include <cstddef>
#include <cstdint>

enum TfLiteStatus { kTfLiteOk = 0, kTfLiteError = 1 };

union TfLitePtrUnion {
  void* data;
  char* raw;
};

struct TfLiteTensor {
  TfLitePtrUnion data;
  std::size_t bytes;
};

namespace tflite {

enum BuiltinOperator : std::int32_t;

// Of the generated schema: tables are walked with Get() and size().
template <class T>
class Vector {
 public:
  Vector(const T* items, std::uint32_t size) : items_(items), size_(size) {}
  std::uint32_t size() const { return size_; }
  const T* Get(std::uint32_t index) const { return items_ + index; }

 private:
  const T* items_;
  std::uint32_t size_;
};

class OperatorCode {
 public:
  explicit OperatorCode(std::int32_t code = 0) : code_(code) {}
  std::int8_t deprecated_builtin_code() const { return static_cast<std::int8_t>(code_ < 127 ? code_ : 127); }
  BuiltinOperator builtin_code() const { return static_cast<BuiltinOperator>(code_); }

 private:
  std::int32_t code_;
};

class Operator {};

class SubGraph {
 public:
  const Vector<Operator>* operators() const;
};

class Model {
 public:
  const Vector<OperatorCode>* operator_codes() const;
  const Vector<SubGraph>* subgraphs() const;
};

const Model* GetModel(const void* tflite);

struct TFLMRegistration;
class MicroResourceVariables;
class MicroProfilerInterface;

class MicroOpResolver {
 public:
  virtual const TFLMRegistration* FindOp(BuiltinOperator op) const = 0;
  virtual ~MicroOpResolver() = default;
};

class MicroInterpreter {
 public:
  MicroInterpreter(const Model* model, const MicroOpResolver& op_resolver, std::uint8_t* tensor_arena,
                   std::size_t tensor_arena_size, MicroResourceVariables* resource_variables = nullptr,
                   MicroProfilerInterface* profiler = nullptr, bool preserve_all_tensors = false);
  ~MicroInterpreter();

  TfLiteStatus AllocateTensors();
  TfLiteStatus Invoke();
  std::size_t inputs_size() const;
  TfLiteTensor* input(std::size_t index);
  std::size_t outputs_size() const;
  TfLiteTensor* output(std::size_t index);
  std::size_t arena_used_bytes() const;

 private:
  const MicroOpResolver& op_resolver_;
  std::uint8_t* arena_;
  std::size_t arena_bytes_;
  MicroProfilerInterface* profiler_;
};

}  // namespace tflite
