// Not TensorFlow Lite Micro: see micro_interpreter.h beside this file. A resolver that remembers builtin codes.
#pragma once

#include <cstdint>

#include "tensorflow/lite/micro/micro_interpreter.h"

namespace tflite {

struct TFLMRegistration {
  std::int32_t builtin_code;
};

template <unsigned int kMaxOperators>
class MicroMutableOpResolver : public MicroOpResolver {
 public:
  const TFLMRegistration* FindOp(BuiltinOperator op) const override {
    for (unsigned int i = 0; i < count_; ++i) {
      if (registrations_[i].builtin_code == op) return &registrations_[i];
    }
    return nullptr;
  }

  TfLiteStatus AddAdd() { return add(0); }
  TfLiteStatus AddAveragePool2D() { return add(1); }
  TfLiteStatus AddConcatenation() { return add(2); }
  TfLiteStatus AddConv2D() { return add(3); }
  TfLiteStatus AddDepthwiseConv2D() { return add(4); }
  TfLiteStatus AddDequantize() { return add(6); }
  TfLiteStatus AddFullyConnected() { return add(9); }
  TfLiteStatus AddLogistic() { return add(14); }
  TfLiteStatus AddMaxPool2D() { return add(17); }
  TfLiteStatus AddMul() { return add(18); }
  TfLiteStatus AddRelu() { return add(19); }
  TfLiteStatus AddRelu6() { return add(21); }
  TfLiteStatus AddReshape() { return add(22); }
  TfLiteStatus AddSoftmax() { return add(25); }
  TfLiteStatus AddTanh() { return add(28); }
  TfLiteStatus AddPad() { return add(34); }
  TfLiteStatus AddTranspose() { return add(39); }
  TfLiteStatus AddMean() { return add(40); }
  TfLiteStatus AddSub() { return add(41); }
  TfLiteStatus AddSqueeze() { return add(43); }
  TfLiteStatus AddStridedSlice() { return add(45); }
  TfLiteStatus AddSplit() { return add(49); }
  TfLiteStatus AddPadV2() { return add(60); }
  TfLiteStatus AddTransposeConv() { return add(67); }
  TfLiteStatus AddExpandDims() { return add(70); }
  TfLiteStatus AddResizeNearestNeighbor() { return add(97); }
  TfLiteStatus AddLeakyRelu() { return add(98); }
  TfLiteStatus AddQuantize() { return add(114); }
  TfLiteStatus AddHardSwish() { return add(117); }

 private:
  TfLiteStatus add(std::int32_t builtin_code) {
    if (count_ == kMaxOperators) return kTfLiteError;
    registrations_[count_++].builtin_code = builtin_code;
    return kTfLiteOk;
  }

  TFLMRegistration registrations_[kMaxOperators];
  unsigned int count_ = 0;
};

}  // namespace tflite
