// Flashes through a GDB remote stub: a probe's, its server's, QEMU's. What the stub's memory map says is flash is
// erased by whole blocks and written by vFlash packets; all else, and everything where it has no map, as memory, by M
// packets of at most 1 KiB. Reads every byte back, resets through the stub's monitor and detaches.
//
// GDB itself is no use here: it exits with 0 after failed loads and comparisons.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "server/flash/flasher.h"

namespace tinyrig::flash {

struct GdbRemoteOptions {
  std::string endpoint;  // "unix:PATH" or "tcp:HOST:PORT"
  std::string reset_command = "system_reset";
  std::chrono::milliseconds deadline{30'000};  // of one call, connecting included
};

std::unique_ptr<Flasher> make_gdb_remote_flasher(GdbRemoteOptions options);

}  // namespace tinyrig::flash
