#include "server/api/http/listen_address.h"

#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "server/base/error.h"

namespace tinyrig::api {
namespace {

const char kAdvice[] =
    "write HOST:PORT with an IP address, for example 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080, or localhost; port 0 "
    "takes a free one";

}  // namespace

absl::StatusOr<ListenAddress> parse_listen_address(const std::string& text) {
  const auto invalid = [&text] {
    return make_error(absl::StatusCode::kInvalidArgument, "LISTEN_ADDRESS_INVALID",
                      "\"" + text + "\" is no address to listen on", kAdvice);
  };
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return invalid();
  ListenAddress address;
  address.host = text.substr(0, colon);
  if (address.host.front() == '[') {
    if (address.host.size() < 3 || address.host.back() != ']') return invalid();
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (address.host.find(':') != std::string::npos) {
    return invalid();
  }
  const char* begin = text.data() + colon + 1;
  const char* end = text.data() + text.size();
  const auto [parsed_to, error] = std::from_chars(begin, end, address.port);
  if (begin == end || parsed_to != end || error != std::errc()) return invalid();
  boost::system::error_code no_address;
  const auto ip = boost::asio::ip::make_address(address.host, no_address);
  if (no_address && address.host != "localhost") return invalid();
  address.loopback = no_address || ip.is_loopback();
  return address;
}

absl::Status port_in_use(const std::string& what, const std::string& address) {
  return make_error(absl::StatusCode::kUnavailable, "PORT_IN_USE",
                    what + " cannot listen on " + address + ": the port is in use",
                    "stop the other program (another tinyrigd?) or choose another port");
}

}  // namespace tinyrig::api
