// Runs one coroutine to its end on an io_context.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

namespace tinyrig::test {

template <typename T>
T run(boost::asio::io_context& context, boost::asio::awaitable<T> work) {
  std::optional<T> result;
  boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr failure, T value) {
    if (failure != nullptr) std::rethrow_exception(failure);
    result = std::move(value);
    context.stop();
  });
  context.restart();
  context.run();
  return *std::move(result);
}

}  // namespace tinyrig::test
