// A browser's side of the HTTP face for tests: raw bytes out, parsed answers in, over real sockets. Blocking;
// a test that waits for ever is ended by ctest.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tinyrig::testing_support {

struct WebResponse {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

using WebHeaders = std::vector<std::pair<std::string, std::string>>;

/// How a client speaks TLS, in PEM. Servers must be of `ca` and named 127.0.0.1.
struct WebTls {
  std::string ca;
  // Empty: it shows none.
  std::string certificate = "";
  std::string key = "";
  // "\x08http/1.1"; empty: it says nothing.
  std::string protocols = "";
  // 0x0302: TLS 1.1 at most; 0: the newest.
  int newest_version = 0;
};

/// One TCP connection, on which a test may send whatever it likes.
class WebConnection {
 public:
  explicit WebConnection(std::uint16_t port);
  /// Over TLS; see tls_error().
  WebConnection(std::uint16_t port, const WebTls& tls);
  ~WebConnection();

  /// Why there was no handshake; empty: there was.
  const std::string& tls_error() const;
  /// The server's, in PEM.
  std::string server_certificate() const;
  /// What was agreed on with `protocols`.
  std::string protocol() const;

  /// False: the server has closed.
  bool send(const std::string& bytes);
  /// Nothing: the server closed without an answer.
  std::optional<WebResponse> read(bool head_only = false);
  /// Waits until the server closes; what came until then is dropped.
  void wait_for_close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// "POST path" with Host 127.0.0.1:port and JSON's content type, unless `headers` say otherwise.
std::string request_text(const std::string& method, const std::string& path, std::uint16_t port,
                         const WebHeaders& headers, const std::string& body);

/// One request on a connection of its own.
WebResponse fetch(const std::string& method, std::uint16_t port, const std::string& path, const std::string& body = "",
                  const WebHeaders& headers = {});

class WebSocketClient {
 public:
  /// The HTTP status of a refusal, or 101. `headers`: Origin and the like; Host is set.
  static std::pair<unsigned, std::unique_ptr<WebSocketClient>> connect(std::uint16_t port, const std::string& target,
                                                                       const WebHeaders& headers = {},
                                                                       const WebTls* tls = nullptr);
  ~WebSocketClient();

  void send(const std::string& text);
  /// The next message; nothing when the server closed (close_code() says how).
  std::optional<std::string> read();
  std::uint16_t close_code() const;

 private:
  struct Impl;
  template <class Stream>
  struct Over;
  explicit WebSocketClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tinyrig::testing_support
