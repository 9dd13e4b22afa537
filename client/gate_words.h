// What the three forms of a gate report say alike. Pure functions.
#pragma once

#include <string>

#include "tinyrig/v1/gate.pb.h"

namespace tinyrig::client {

/// "+31,000 (+4.1 %)", "-12", "0"; "-" when a side is missing.
std::string gate_change(const v1::GateSeries& series);
std::string gate_change(double base, double head);

/// A side's number as it was measured; "-" when it was not.
std::string gate_value(bool known, double value);

/// "#3 CONV_2D", "#3 -> #4 CONV_2D", "new #4 CONV_2D", "removed #3 CONV_2D"
std::string gate_operator(const v1::GateOperatorChange& change);
/// "1x8 -> 1x4", "1x8 -> 1x4, was 1x8 -> 1x2"
std::string gate_shape(const v1::GateOperatorChange& change);
/// "96.0 %"
std::string gate_share(const v1::GateOperatorChange& change);

/// "mps2-an386 (emu-an386-1) with tinyrig"
std::string gate_place(const v1::GateComparison& comparison);
/// "kws-3f2a (3f2a9b1c04de), run r-1ank5jgf8ek8s"
std::string gate_side(const v1::GateSide& side);

}  // namespace tinyrig::client
