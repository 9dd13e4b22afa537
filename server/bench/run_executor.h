// The steps of one run on one board: verify outputs, then sessions of latency, then profile and memory.
//
// Runs on the board's strand; needs a session that has said hello. Everything that can fail at a board
// fails with a status; attempt_end.h says what that means for the run.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/bench/run_recording.h"
#include "server/bench/runtime_model.h"
#include "server/boards/catalog.h"
#include "server/flash/flasher.h"
#include "server/link/agent_session.h"
#include "server/power/instrument.h"
#include "tinyrig/v1/model.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::bench {

// Told of everything worth telling while a run is under way. Calls come from the board's strand.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void on_state(v1::RunState state) = 0;
  // "session 2 of 3: measuring", and how far this run is, 0..1.
  virtual void on_step(const std::string& step, double progress) = 0;
  virtual void on_log(const std::string& level, const std::string& text) = 0;
  // The board's model slot is erased and written: once for each time.
  virtual void on_slot_write() = 0;
  // Asked between steps: stop?
  virtual bool cancelled() const = 0;
};

// What to measure. Settings have their defaults filled in.
struct RunRequest {
  v1::Model model;
  RuntimeModel runtime_model;
  std::set<v1::Measurement> measurements;
  v1::RunSettings settings;
};

// The board, as its keeper hands it over. `flasher` and `instrument` may be null.
struct RunBoard {
  link::AgentSession& session;
  const boards::CatalogEntry& type;
  flash::Flasher* flasher;
  power::Instrument* instrument;
  agent::v1::HelloReply hello;
  // Of the calibration when the board was made ready.
  double calibration_ratio;
};

// CANCELLED when the observer says so; RESOURCE_EXHAUSTED (MODEL_TOO_LARGE_FOR_RAM, ..._FOR_SLOT) when the
// board's own numbers leave no room; FAILED_PRECONDITION (INSTRUMENT_MISSING, TRIGGER_MISSING) and RESOURCE_EXHAUSTED
// (CAPTURE_TOO_LONG) when energy cannot be measured here; the errors of link::AgentSession, flash::Flasher and
// power::Instrument otherwise.
boost::asio::awaitable<absl::StatusOr<RunRecording>> record_run(RunBoard board, const RunRequest& request,
                                                                RunObserver& observer);

}  // namespace tinyrig::bench
