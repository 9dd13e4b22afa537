// What the process says to scripts. Part of the interface: docs/cli.md, `tinyrig --help`. Of `tinyrig gate` they
// are the verdict: docs/gate.md.
#pragma once

namespace tinyrig::client {

enum ExitCode : int {
  kOk = 0,
  kNotSucceeded = 1,  // the job or run did not succeed, the inspected model does not fit, the machine is not fit
  kUsage = 2,         // the command line makes no sense, a local file cannot be read
  kRefused = 3,       // the server refused: not found, invalid, taken
  kUnavailable = 4,   // the server cannot be reached, or failed itself
  kDetached = 130,    // Ctrl-C: the job goes on
};

}  // namespace tinyrig::client
