// exp, logistic and tanh on 32-bit fixed point, as gemmlowp computes them (fixedpoint/fixedpoint.h): the
// int8 reference kernels of LOGISTIC and TANH are defined by these very roundings. Q m.n: m integer bits,
// n = 31 - m fractional ones.
#pragma once

#include <cstdint>

namespace tinyrig::model {

/// 1 / (1 + exp(-x)): x in Q4.27, the result in Q0.31.
std::int32_t fixed_logistic_q4(std::int32_t x);

/// tanh(x): x in Q4.27, the result in Q0.31.
std::int32_t fixed_tanh_q4(std::int32_t x);

}  // namespace tinyrig::model
