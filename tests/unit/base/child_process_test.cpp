// Children and their ends.
#include "server/base/child_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <utility>

namespace tinyrig {
namespace {

namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;

// A child that ends with 7 when it gets a line on descriptor 3.
ChildOptions listener(int descriptor) {
  return {.argv = {"/bin/sh", "-c", "read line <&3; exit 7"}, .inherited = {descriptor}};
}

// A child takes the place of `closed`, whose event is still on its way; only a loop that is not held up ends it.
asio::awaitable<std::string> end_of_child(Socket& closed) {
  const auto executor = closed.get_executor();
  closed.close();
  auto pair = make_socket_pair();
  if (!pair.ok()) co_return pair.status().ToString();
  auto child = ChildProcess::start(executor, listener(pair->theirs.get()));
  if (!child.ok()) co_return child.status().ToString();
  asio::post(executor, [&pair] { EXPECT_EQ(::write(pair->ours.get(), "\n", 1), 1); });
  auto ending = (*child)->wait_for_end();
  co_return co_await std::move(ending);
}

// Asio gives the state of a closed descriptor to the next one, with an event that it has read but not yet
// handled: the wait of a new child can end while the child lives.
TEST(ChildProcess, AnEventOfAnotherDescriptorDoesNotHoldUpTheLoop) {
  asio::io_context context(1);
  std::array<Socket, 2> sockets{Socket(context), Socket(context)}, peers{Socket(context), Socket(context)};
  for (std::size_t i = 0; i < sockets.size(); ++i) asio::local::connect_pair(sockets[i], peers[i]);
  std::string how;
  std::array<char, 2> bytes{};
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    sockets[i].async_read_some(asio::buffer(&bytes[i], 1), [&, i](boost::system::error_code error, std::size_t) {
      if (error) return;  // the one that the other's handler closed
      asio::co_spawn(context, end_of_child(sockets[1 - i]),
                     [&how](std::exception_ptr, std::string text) { how = std::move(text); });
    });
  }
  for (Socket& peer : peers) asio::write(peer, asio::buffer("x", 1));
  context.run();
  EXPECT_EQ(how, "exit 7");
}

}  // namespace
}  // namespace tinyrig
