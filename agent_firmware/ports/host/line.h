// The serial line of a host agent: an inherited descriptor, or a PTY of its own.
#pragma once

#include <string>

namespace tinyrig::port::host {

// Opens a PTY, raw, and makes `link` name its slave side. The slave stays open in this process, so that
// clients may come and go. Returns the master; -1 with a message on stderr when that fails.
int open_pty(const std::string& link);

}  // namespace tinyrig::port::host
