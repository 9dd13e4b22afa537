// Runs one coroutine to its end on an io_context of the test.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

namespace tinyrig::test {

template <typename T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
  std::optional<T> result;
  boost::asio::co_spawn(io, std::move(work), [&result](std::exception_ptr error, T value) {
    if (error) {
      std::rethrow_exception(error);
    }
    result = std::move(value);
  });
  io.restart();
  while (!result && io.run_one() != 0) {
  }
  return std::move(*result);
}

}  // namespace tinyrig::test
