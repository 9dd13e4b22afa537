// A power monitor in a board's supply, whatever its make: it records current and the board's trigger by one clock.
//
// One executor. One call at a time, except cancel().
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/power/capture.h"

namespace tinyrig::power {

class Instrument {
 public:
  virtual ~Instrument() = default;

  /// "ppk2"
  virtual std::string kind() const = 0;

  /// Begins a recording, with the board's supply on. What an earlier one left behind is dropped. UNAVAILABLE
  /// (INSTRUMENT_UNREACHABLE), FAILED_PRECONDITION (INSTRUMENT_REFUSED), CANCELLED.
  virtual boost::asio::awaitable<absl::Status> start() = 0;

  /// Records on until the trigger has fallen `falls` times since start(), and was low for `low_for` after the last of
  /// them, by the instrument's own samples. DEADLINE_EXCEEDED (INSTRUMENT_NO_EDGE): not within `patience`; the errors
  /// of start(); RESOURCE_EXHAUSTED (CAPTURE_TOO_LONG): more came than one recording may hold.
  virtual boost::asio::awaitable<absl::Status> wait_for_windows(std::uint32_t falls, std::chrono::milliseconds low_for,
                                                                std::chrono::milliseconds patience) = 0;

  /// Ends the recording and hands it over; the supply stays on. The errors of wait_for_windows().
  virtual boost::asio::awaitable<absl::StatusOr<Capture>> stop() = 0;

  /// Ends a pending call with CANCELLED, and the recording. The board may lose its power.
  virtual void cancel() = 0;
};

}  // namespace tinyrig::power
