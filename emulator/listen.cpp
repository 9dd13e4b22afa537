#include "emulator/listen.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/error.h"

namespace tinyrig::emulator {

absl::Status listen_on(boost::asio::local::stream_protocol::acceptor& acceptor, const std::filesystem::path& path) {
  if (path.string().size() > kLongestSocketPath) {
    return make_error(absl::StatusCode::kInvalidArgument, "SOCKET_PATH_TOO_LONG",
                      "socket path of more than 107 characters: " + path.string(), "choose a shorter --dir");
  }
  ::unlink(path.c_str());
  boost::system::error_code error;
  acceptor.open(boost::asio::local::stream_protocol(), error);
  if (!error) {
    ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
    acceptor.bind(boost::asio::local::stream_protocol::endpoint(path.string()), error);
  }
  if (!error) {
    ::chmod(path.c_str(), S_IRUSR | S_IWUSR);
    acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  }
  if (!error) return absl::OkStatus();
  return make_error(absl::StatusCode::kInternal, "SOCKET_FAILED",
                    "cannot listen on " + path.string() + ": " + error.message(),
                    "check that the folder can be written");
}

}  // namespace tinyrig::emulator
