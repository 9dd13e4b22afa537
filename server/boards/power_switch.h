// What turns a board's supply off and on: one outlet of a switch.
//
// line-switch: a stream socket that takes one line, "power OUTLET on|off|cycle", and answers with one line that starts
// with "ok" or with "error". tinyrig-emu serves it; a relay board with a few lines of script behind it can too.
// uhubctl, command: a program that does it, by argument vector.
// ppk2: the output of a power profiler (server/power/ppk2.h), which gives power as long as we hold its port.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "absl/status/status.h"
#include "server/boards/farm.h"
#include "server/power/ppk2.h"

namespace tinyrig::boards {

class PowerSwitch {
 public:
  virtual ~PowerSwitch() = default;
  // Makes sure that the board has power, where that is ours to do. Errors as of cycle().
  virtual boost::asio::awaitable<absl::Status> supply() { co_return absl::OkStatus(); }
  // Off, and on again. UNAVAILABLE (POWER_SWITCH_UNREACHABLE), FAILED_PRECONDITION (POWER_SWITCH_REFUSED).
  virtual boost::asio::awaitable<absl::Status> cycle() = 0;
  // Ends a pending call with an error, within 3 seconds.
  virtual void cancel() = 0;
};

// `power` is as load_farm() reads it, and no PPK2.
std::unique_ptr<PowerSwitch> make_power_switch(const PowerSetup& power);
std::unique_ptr<PowerSwitch> make_ppk2_switch(std::shared_ptr<power::Ppk2> ppk2);
// Of a board that has its supply from `supply` and something else from `other`, its probe's USB, say: both are asked
// for power, and both go off and on again, `other` first.
std::unique_ptr<PowerSwitch> make_joint_switch(std::unique_ptr<PowerSwitch> other, std::unique_ptr<PowerSwitch> supply);

}  // namespace tinyrig::boards
