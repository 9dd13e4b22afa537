// What every core's layouter needs of a convolution: its weights by output channel, and the bias, multiplier
// and shift of each channel folded into one packed::Requantization.
//
// Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/model/program.h"

namespace tinyrig::model {

/// [output channel][tap], taps in the order ky, kx, input channel (depthwise: ky, kx).
using ChannelWeights = std::vector<std::vector<std::int8_t>>;

/// Of a CONV_2D or DEPTHWISE_CONV_2D as lowering made it.
ChannelWeights channel_weights(const Program& program, packed::OperatorKind kind, const packed::ConvParams& conv);

/// FULLY_CONNECTED as the convolution that it is: batches are pixels, the kernel is 1x1. Empty when its weights
/// have a zero point. Multipliers become one for each channel.
std::optional<packed::ConvParams> as_convolution(Program& program, const packed::FullyConnectedParams& dense);

/// One for each output channel; empty when a channel is out of the range that packed::Requantization states.
/// A channel whose output is the same for every input is never out of range: its multiplier becomes 0.
std::optional<std::vector<packed::Requantization>> requantizations(const Program& program,
                                                                   const packed::ConvParams& conv,
                                                                   const ChannelWeights& weights);

/// Largest |sum(input * weight)| of a channel over every int8 input.
std::int64_t largest_accumulator(const std::vector<std::int8_t>& channel);

}  // namespace tinyrig::model
