// Terminal settings of serial ports by termios2, which knows every speed. Apart from everything that
// includes <termios.h>: the two headers exclude each other.
#pragma once

#include <cstdint>

namespace tinyrig::link {

enum class Parity { kNone, kEven };

/// Raw, 8 bits, one stop bit, no flow control, no hang-up on close, reads that wait for one byte (VMIN 1), `baud` both
/// ways. Returns 0 or errno.
/// A PTY takes any parity, and has none.
int make_raw(int fd, std::uint32_t baud, Parity parity = Parity::kNone);

/// At which the line sends; 0: it is no terminal.
std::uint32_t baud_of(int fd);

/// Returns 0 or errno; EINVAL when the driver took another speed.
int change_baud(int fd, std::uint32_t baud);

}  // namespace tinyrig::link
