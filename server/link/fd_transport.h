// A Transport over a file descriptor: what sockets, PTYs and ttys have in common.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "server/link/transport.h"

namespace tinyrig::link {

class FdTransport : public Transport {
 public:
  /// Owns `fd` from here on and makes it non-blocking. `name` is for error messages.
  FdTransport(boost::asio::any_io_executor executor, int fd, std::string name);
  ~FdTransport() override;
  FdTransport(const FdTransport&) = delete;
  FdTransport& operator=(const FdTransport&) = delete;

  boost::asio::any_io_executor executor() override { return stream_.get_executor(); }
  boost::asio::awaitable<absl::StatusOr<std::size_t>> read_some(std::span<std::uint8_t> buffer,
                                                                Clock::time_point deadline) override;
  boost::asio::awaitable<absl::Status> write(std::span<const std::uint8_t> bytes, Clock::time_point deadline) override;
  absl::Status set_baud(std::uint32_t baud) override;
  absl::Status set_dtr(bool on) override;
  absl::Status set_rts(bool on) override;
  void discard_input() override;
  void close() override;

 protected:
  int fd() { return stream_.native_handle(); }
  const std::string& name() const { return name_; }
  bool is_open() const { return stream_.is_open(); }

 private:
  using WaitType = boost::asio::posix::stream_descriptor::wait_type;
  // Of reading, or of writing: the two may wait at the same time.
  struct Wait {
    Wait(const boost::asio::any_io_executor& executor, WaitType for_what) : type(for_what), timer(executor) {}

    const WaitType type;
    boost::asio::steady_timer timer;
    bool timed_out = false;
    // The number of the wait under way, or of none; outlives us in the timer's handlers.
    const std::shared_ptr<std::uint64_t> number = std::make_shared<std::uint64_t>(0);
  };

  /// Waits until the descriptor may be ready, or the deadline.
  boost::asio::awaitable<absl::Status> ready(Wait& wait, Clock::time_point deadline);
  absl::Status error_of(int error_number, const char* what) const;

  boost::asio::posix::stream_descriptor stream_;
  Wait reading_;
  Wait writing_;
  std::string name_;
  bool is_socket_ = false;
};

}  // namespace tinyrig::link
