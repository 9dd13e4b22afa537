// The measuring of a gate: base and head in one job on one unit of each board type, and again after a regression.
#pragma once

#include <string>
#include <vector>

#include "client/commands.h"
#include "client/connection.h"
#include "client/interrupt.h"
#include "server/gate/policy.h"
#include "tinyrig/v1/gate.pb.h"
#include "tinyrig/v1/model.pb.h"

namespace tinyrig::client {

struct GatePlan {
  v1::Model base, head;
  // Selectors.
  std::vector<std::string> boards;
  // Empty: the default.
  std::string runtime;
  gate::Policy policy;
};

/// A comparison per board type and per unit that the selectors name; one without a board or a finished job is invalid,
/// with the reason. kDetached: interrupted, the jobs are cancelled. Other codes: the server is gone, reported.
ExitCode measure_gate(const GlobalOptions& global, const Connection& connection, const GatePlan& plan,
                      InterruptWatch& interrupt, std::vector<v1::GateComparison>* comparisons);

}  // namespace tinyrig::client
