// Runs one operator through the real engine: image, load, inputs, run, output.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "agent_firmware/agent/runtime.h"
#include "tests/support/packed_image_builder.h"

namespace tinyrig::test {

using Int8s = std::vector<std::int8_t>;
using Int32s = std::vector<std::int32_t>;

class OneOperator {
 public:
  PackedImageBuilder& builder() { return builder_; }
  packed::DataRef constants(const auto& values) { return builder_.constants(values); }

  packed::DataRef input(const Int8s& values) { return input_bytes(values, packed::ElementType::kInt8); }
  packed::DataRef input_floats(const std::vector<float>& values) {
    return input_bytes(values, packed::ElementType::kFloat32);
  }
  packed::DataRef output(std::size_t elements, packed::ElementType type = packed::ElementType::kInt8) {
    const std::size_t bytes = elements * (type == packed::ElementType::kInt8 ? 1 : 4);
    const packed::DataRef ref = builder_.arena(bytes);
    builder_.add_output(ref, elements, type);
    if (first_output_ == packed::kNone) {
      first_output_ = ref;
      first_output_bytes_ = bytes;
    }
    return ref;
  }

  template <typename Params>
  runtime::Error load(packed::OperatorKind kind, const Params& params,
                      const std::vector<std::uint32_t>& trailing = {}) {
    builder_.add_operator(kind, params, first_output_, first_output_bytes_, trailing);
    image_ = builder_.build();
    arena_ = AlignedBytes(builder_.arena_bytes());
    runtime::LoadReport report = {};
    return runtime::load(image_.span(), arena_.span(), report);
  }

  // load() and one inference; the bytes of every output, one vector each.
  template <typename Params>
  std::vector<Int8s> run_all(packed::OperatorKind kind, const Params& params,
                             const std::vector<std::uint32_t>& trailing = {}) {
    if (load(kind, params, trailing) != runtime::Error::kOk) {
      ADD_FAILURE() << "load refused the operator";
      return std::vector<Int8s>(1);
    }
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      std::copy(inputs_[i].begin(), inputs_[i].end(), runtime::input(i).begin());
    }
    EXPECT_EQ(runtime::run(), runtime::Error::kOk);
    std::vector<Int8s> outputs;
    for (std::size_t i = 0; i < runtime::output_count(); ++i) {
      const auto bytes = runtime::output(i);
      const auto* begin = reinterpret_cast<const std::int8_t*>(bytes.data());
      outputs.emplace_back(begin, begin + bytes.size());
    }
    return outputs;
  }

  template <typename Params>
  Int8s run(packed::OperatorKind kind, const Params& params, const std::vector<std::uint32_t>& trailing = {}) {
    return run_all(kind, params, trailing).front();
  }

 private:
  template <typename T>
  packed::DataRef input_bytes(const std::vector<T>& values, packed::ElementType type) {
    const std::size_t bytes = values.size() * sizeof(T);
    const packed::DataRef ref = builder_.arena(bytes);
    builder_.add_input(ref, values.size(), type);
    std::vector<std::byte> raw(bytes);
    std::memcpy(raw.data(), values.data(), bytes);
    inputs_.push_back(std::move(raw));
    return ref;
  }

  PackedImageBuilder builder_;
  AlignedBytes image_;
  AlignedBytes arena_;
  std::vector<std::vector<std::byte>> inputs_;
  packed::DataRef first_output_ = packed::kNone;
  std::size_t first_output_bytes_ = 0;
};

// Seeded values; a failing test prints the seed through SCOPED_TRACE(random.trace()).
class Random {
 public:
  explicit Random(std::uint32_t seed) : seed_(seed), engine_(seed) {}
  std::int32_t between(std::int32_t low, std::int32_t high) {
    return std::uniform_int_distribution<std::int32_t>(low, high)(engine_);
  }
  bool coin() { return between(0, 1) != 0; }
  Int8s int8s(std::size_t count) {
    Int8s values(count);
    std::generate(values.begin(), values.end(), [&] { return static_cast<std::int8_t>(between(-128, 127)); });
    return values;
  }
  Int32s int32s(std::size_t count, std::int32_t low, std::int32_t high) {
    Int32s values(count);
    std::generate(values.begin(), values.end(), [&] { return between(low, high); });
    return values;
  }
  std::string trace() const { return "seed " + std::to_string(seed_); }

 private:
  std::uint32_t seed_;
  std::mt19937 engine_;
};

}  // namespace tinyrig::test
