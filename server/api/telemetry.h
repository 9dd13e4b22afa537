// What the API tells and shows to those who watch over the daemon. All of it may be left out.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "server/api/api_observer.h"

namespace tinyrig::api {

/// What is given must outlive the ApiServer; functions are called from any thread of its executor.
struct Telemetry {
  ApiObserver* observer = nullptr;
  /// The text of GET /metrics, in Prometheus' format; empty: there is none.
  std::function<std::string()> metrics = nullptr;
  /// Why the daemon cannot do all of its work now; empty: it always can. GET /readyz and gRPC's health say it.
  std::function<absl::Status()> readiness = nullptr;
};

}  // namespace tinyrig::api
