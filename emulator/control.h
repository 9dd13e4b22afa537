// The power switch: a line protocol on a Unix socket. One request per line; the answer's last line starts
// with "ok" or "error". docs/emulator.md lists the requests.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "emulator/board.h"

namespace tinyrig::emulator {

using Boards = std::map<std::string, std::shared_ptr<Board>>;

class Control : public std::enable_shared_from_this<Control> {
 public:
  /// `boards` must outlive every use.
  Control(boost::asio::any_io_executor executor, std::filesystem::path path, const Boards& boards);
  ~Control();

  absl::Status listen();
  void close();

  /// The whole answer to one request, lines ended.
  boost::asio::awaitable<std::string> answer(std::string request);

 private:
  using Socket = boost::asio::local::stream_protocol::socket;
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(std::shared_ptr<Socket> socket);
  std::string status() const;

  const boost::asio::any_io_executor executor_;
  const std::filesystem::path path_;
  const Boards& boards_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
};

}  // namespace tinyrig::emulator
