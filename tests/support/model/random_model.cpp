#include "tests/support/model/random_model.h"

#include <algorithm>
#include <random>
#include <set>

#include "tests/support/model/tflite_builder.h"

namespace tinyrig::test {
namespace {

using model::OperatorCode;

constexpr float kScale = 0.05F;

// Grows a graph of tensors [1, h, w, c] operator by operator, reading any tensor made so far.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  std::vector<std::uint8_t> run() {
    const int inputs = pick(1, 2);
    for (int i = 0; i < inputs; ++i)
      available_.push_back(builder_.input({1, pick(2, 8), pick(2, 8), pick(1, 6)}, kScale, 3));
    const int operators = pick(1, 14);
    for (int i = 0; i < operators; ++i) add_operator();
    if (made_.empty()) unary();
    // What nobody read is an output; so is a tensor here and there that somebody did.
    for (const int tensor : available_) {
      if (made_.count(tensor) != 0 && (read_.count(tensor) == 0 || pick(0, 9) == 0)) builder_.output(tensor);
    }
    return builder_.build();
  }

 private:
  int pick(int low, int high) { return low + static_cast<int>(random_() % static_cast<std::uint32_t>(high - low + 1)); }

  std::vector<std::int8_t> bytes(std::size_t count) {
    std::vector<std::int8_t> data(count);
    for (std::int8_t& byte : data) byte = static_cast<std::int8_t>(pick(-127, 127));
    return data;
  }

  int source() {
    // Recent tensors mostly, so that chains form; old ones sometimes, so that lives get long.
    const int newest = static_cast<int>(available_.size()) - 1;
    const int tensor =
        available_[static_cast<std::size_t>(pick(0, 3) == 0 ? pick(0, newest) : std::max(0, newest - pick(0, 1)))];
    read_.insert(tensor);
    return tensor;
  }

  std::vector<std::int32_t> shape_of(int tensor) { return builder_.at(tensor).shape; }

  int make(std::vector<std::int32_t> shape) {
    const int tensor = builder_.tensor(std::move(shape), kScale, 3);
    available_.push_back(tensor);
    made_.insert(tensor);
    return tensor;
  }

  void add_operator() {
    switch (pick(0, 9)) {
      case 0:
      case 1:
        return convolve();
      case 2:
        return depthwise();
      case 3:
        return pool();
      case 4:
      case 5:
        return combine();
      case 6:
        return unary();
      case 7:
        return reshape();
      case 8:
        return concatenate();
      default:
        return split();
    }
  }

  void convolve() {
    const int from = source();
    const std::vector<std::int32_t> shape = shape_of(from);
    const std::int32_t filters = pick(1, 8), kernel = pick(1, 3), stride = pick(1, 2);
    const std::vector<std::int8_t> data = bytes(static_cast<std::size_t>(filters * kernel * kernel * shape[3]));
    const int weights = builder_.constant({filters, kernel, kernel, shape[3]}, data, {0.01F});
    const int to = make({shape[0], (shape[1] + stride - 1) / stride, (shape[2] + stride - 1) / stride, filters});
    tflite::Conv2DOptionsT options;
    options.stride_h = options.stride_w = stride;
    builder_.add(OperatorCode::kConv2d, {from, weights}, {to}, options);
  }

  void depthwise() {
    const int from = source();
    const std::vector<std::int32_t> shape = shape_of(from);
    const std::vector<std::int8_t> data = bytes(static_cast<std::size_t>(9 * shape[3]));
    const int weights = builder_.constant({1, 3, 3, shape[3]}, data, {0.01F}, 3);
    const int to = make(shape);
    tflite::DepthwiseConv2DOptionsT options;
    options.stride_h = options.stride_w = options.depth_multiplier = 1;
    builder_.add(OperatorCode::kDepthwiseConv2d, {from, weights}, {to}, options);
  }

  void pool() {
    const int from = source();
    const std::vector<std::int32_t> shape = shape_of(from);
    const int to = make({shape[0], (shape[1] + 1) / 2, (shape[2] + 1) / 2, shape[3]});
    tflite::Pool2DOptionsT options;
    options.stride_h = options.stride_w = options.filter_h = options.filter_w = 2;
    builder_.add(pick(0, 1) == 0 ? OperatorCode::kAveragePool2d : OperatorCode::kMaxPool2d, {from}, {to}, options);
  }

  // ADD, SUB or MUL with a tensor of the same shape, itself, one broadcast constant, or one made here.
  void combine() {
    const int from = source();
    const std::vector<std::int32_t> shape = shape_of(from);
    int other = from;
    for (const int candidate : available_) {
      if (candidate != from && shape_of(candidate) == shape && pick(0, 1) == 0) other = candidate;
    }
    if (other == from && pick(0, 1) == 0) {
      other = builder_.constant({1, 1, 1, shape[3]}, bytes(static_cast<std::size_t>(shape[3])), {kScale});
    }
    read_.insert(other);
    const bool swapped = pick(0, 1) == 0;
    const std::vector<std::int32_t> operands =
        swapped ? std::vector<std::int32_t>{other, from} : std::vector<std::int32_t>{from, other};
    constexpr OperatorCode kCodes[] = {OperatorCode::kAdd, OperatorCode::kSub, OperatorCode::kMul};
    builder_.add(kCodes[pick(0, 2)], operands, {make(shape)});
  }

  void unary() {
    const int from = source();
    constexpr OperatorCode kCodes[] = {OperatorCode::kRelu, OperatorCode::kRelu6, OperatorCode::kHardSwish,
                                       OperatorCode::kQuantize};
    builder_.add(kCodes[pick(0, 3)], {from}, {make(shape_of(from))});
  }

  void reshape() {
    const int from = source();
    std::vector<std::int32_t> shape = shape_of(from);
    std::swap(shape[1], shape[3]);
    builder_.add(OperatorCode::kReshape, {from}, {make(shape)});
  }

  void concatenate() {
    const int from = source();
    std::vector<std::int32_t> shape = shape_of(from);
    std::vector<std::int32_t> operands = {from, from};
    for (const int candidate : available_) {
      const std::vector<std::int32_t> other = shape_of(candidate);
      if (other[1] != shape[1] || other[2] != shape[2] || operands.size() > 3) continue;
      operands.push_back(candidate);
      read_.insert(candidate);
    }
    std::int32_t channels = 0;
    for (const int operand : operands) channels += shape_of(operand)[3];
    shape[3] = channels;
    if (channels > 24) return;
    tflite::ConcatenationOptionsT options;
    options.axis = -1;
    builder_.add(OperatorCode::kConcatenation, operands, {make(shape)}, options);
  }

  void split() {
    const int from = source();
    std::vector<std::int32_t> shape = shape_of(from);
    const std::int32_t parts = shape[1] % 2 == 0 ? 2 : 1;
    shape[1] /= parts;
    const int axis = builder_.constant({1});
    std::vector<std::int32_t> outputs;
    for (std::int32_t i = 0; i < parts; ++i) outputs.push_back(make(shape));
    tflite::SplitOptionsT options;
    options.num_splits = parts;
    builder_.add(OperatorCode::kSplit, {axis, from}, outputs, options);
  }

  std::mt19937 random_;
  TfliteBuilder builder_;
  std::vector<int> available_;
  std::set<int> made_, read_;
};

}  // namespace

std::vector<std::uint8_t> random_model(std::uint32_t seed) { return Generator(seed).run(); }

}  // namespace tinyrig::test
