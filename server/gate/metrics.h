// What the gate decides on: one table. A further metric is one row more; less is better for each.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "server/gate/decide.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::gate {

/// A metric of one run.
struct Reading {
  double value = 0;
  // Why whole numbers cannot be held against each other; empty: they can.
  std::string not_exact;
};

struct Metric {
  // As in the policy and the report.
  const char* name;
  // In the board's ticks; otherwise in bytes.
  bool in_ticks;
  Tolerance standard;
  // nullopt: the run did not measure it.
  std::optional<Reading> (*read)(const v1::RunResult& result);
};

std::span<const Metric> metrics();

/// "instructions (emulated)", "bytes"
std::string unit_of(const Metric& metric, const v1::RunProvenance& provenance);

}  // namespace tinyrig::gate
