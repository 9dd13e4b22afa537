#include "server/flash/endpoint.h"

#include <fcntl.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <utility>

#include "server/base/error.h"
#include "server/base/use_tuple.h"

namespace tinyrig::flash {
namespace {

namespace asio = boost::asio;

absl::Status unreachable(const std::string& endpoint, const boost::system::error_code& error) {
  return make_error(absl::StatusCode::kUnavailable, "ENDPOINT_UNREACHABLE",
                    "cannot connect to " + endpoint + ": " + error.message(),
                    "check that what should listen there runs, and that the farm file names the right place");
}

absl::Status bad_endpoint(const std::string& endpoint) {
  return make_error(absl::StatusCode::kInvalidArgument, "ENDPOINT_INVALID", "not an endpoint: \"" + endpoint + "\"",
                    "write unix:PATH or tcp:HOST:PORT");
}

// A connection that is given up when its time is over: the timer closes the socket.
struct Attempt {
  Attempt(const asio::any_io_executor& executor, std::chrono::steady_clock::duration patience)
      : socket(executor), timer(executor, patience) {}

  StreamSocket socket;
  asio::steady_timer timer;
};

asio::awaitable<boost::system::error_code> connect_in_time(std::shared_ptr<Attempt> attempt,
                                                           StreamSocket::endpoint_type target) {
  boost::system::error_code error;
  attempt->socket.open(target.protocol(), error);
  if (error) co_return error;
  ::fcntl(attempt->socket.native_handle(), F_SETFD, FD_CLOEXEC);
  attempt->timer.async_wait([weak = std::weak_ptr<Attempt>(attempt)](const boost::system::error_code& cancelled) {
    const auto expired = weak.lock();
    boost::system::error_code ignored;
    if (!cancelled && expired != nullptr) expired->socket.close(ignored);
  });
  auto connecting = attempt->socket.async_connect(target, kUseTuple);
  const auto [connect_error] = co_await std::move(connecting);
  attempt->timer.cancel();
  if (!connect_error && !attempt->socket.is_open()) co_return asio::error::timed_out;
  co_return connect_error == asio::error::operation_aborted ? asio::error::timed_out : connect_error;
}

}  // namespace

asio::awaitable<absl::StatusOr<StreamSocket>> connect_to(std::string endpoint,
                                                         std::chrono::steady_clock::duration patience) {
  const auto executor = co_await asio::this_coro::executor;
  const auto attempt = std::make_shared<Attempt>(executor, patience);
  if (endpoint.rfind("unix:", 0) == 0) {
    const std::string path = endpoint.substr(5);
    if (path.empty() || path.size() > 107) co_return bad_endpoint(endpoint);  // sun_path holds 107
    const StreamSocket::endpoint_type target{asio::local::stream_protocol::endpoint(path)};
    auto connecting = connect_in_time(attempt, target);
    const boost::system::error_code error = co_await std::move(connecting);
    if (error) co_return unreachable(endpoint, error);
    co_return std::move(attempt->socket);
  }
  if (endpoint.rfind("tcp:", 0) == 0) {
    const std::size_t colon = endpoint.rfind(':');
    if (colon <= 4 || colon + 1 >= endpoint.size()) co_return bad_endpoint(endpoint);
    asio::ip::tcp::resolver resolver(executor);
    auto resolving = resolver.async_resolve(endpoint.substr(4, colon - 4), endpoint.substr(colon + 1), kUseTuple);
    const auto [resolve_error, addresses] = co_await std::move(resolving);
    if (resolve_error) co_return unreachable(endpoint, resolve_error);
    boost::system::error_code error = asio::error::host_not_found;
    for (const auto& address : addresses) {
      attempt->socket.close(error);
      auto connecting = connect_in_time(attempt, StreamSocket::endpoint_type{address.endpoint()});
      error = co_await std::move(connecting);
      if (!error || error == asio::error::timed_out) break;
    }
    if (error) co_return unreachable(endpoint, error);
    attempt->socket.set_option(asio::ip::tcp::no_delay(true), error);
    co_return std::move(attempt->socket);
  }
  co_return bad_endpoint(endpoint);
}

}  // namespace tinyrig::flash
