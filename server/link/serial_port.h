// Serial ports, real ttys and PTYs alike: exclusive, close-on-exec, raw, DTR under control.
#pragma once

#include <memory>
#include <string>

#include "server/link/fd_transport.h"
#include "server/link/tty_settings.h"

namespace tinyrig::link {

class SerialPort final : public FdTransport {
 public:
  /// Errors: NOT_FOUND / PORT_NOT_FOUND; FAILED_PRECONDITION / PORT_IN_USE (another process has locked it);
  /// INVALID_ARGUMENT / NOT_A_SERIAL_PORT; PERMISSION_DENIED / PORT_NOT_ALLOWED; UNAVAILABLE / PORT_FAILED.
  static absl::StatusOr<std::unique_ptr<SerialPort>> open(boost::asio::any_io_executor executor,
                                                          const std::string& path, std::uint32_t baud = 115200,
                                                          Parity parity = Parity::kNone);
  ~SerialPort() override;

  /// INVALID_ARGUMENT / BAUD_NOT_SUPPORTED when the driver cannot.
  absl::Status set_baud(std::uint32_t baud) override;
  absl::Status set_dtr(bool on) override;
  absl::Status set_rts(bool on) override;
  void discard_input() override;
  void close() override;

 private:
  using FdTransport::FdTransport;

  absl::Status set_modem_line(int bit, bool on, const char* name);
};

}  // namespace tinyrig::link
