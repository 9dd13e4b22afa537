// Work on a thread of its own: waited for, given up, stopped.
#include "server/flash/aside.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>

#include "server/base/child_process.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::flash {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Hangs whoever reads `theirs`, until `ours` is gone.
struct Hang {
  Hang() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    theirs = std::make_shared<Fd>(ends[0]);
    ours = Fd(ends[1]);
  }
  std::function<void()> work() {
    return [end = theirs] {
      char byte = 0;
      [[maybe_unused]] const ssize_t count = ::read(end->get(), &byte, 1);
    };
  }
  std::shared_ptr<Fd> theirs;
  Fd ours;
};

TEST(Aside, WhatItWroteIsThere) {
  boost::asio::io_context io;
  Aside aside;
  const auto value = std::make_shared<int>(0);
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(test::run(io, aside.run([value] { ++*value; }, Aside::Clock::now() + seconds(30))).ok());
    EXPECT_EQ(*value, i);
  }
}

TEST(Aside, WorkThatHangsIsGivenUp) {
  boost::asio::io_context io;
  Aside aside;
  Hang hang;
  const absl::Status status = test::run(io, aside.run(hang.work(), Aside::Clock::now() + milliseconds(30)));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(Aside, WorkThatHangsIsLeftOnCancel) {
  boost::asio::io_context io;
  Aside aside;
  Hang hang;
  boost::asio::post(io, [&] { boost::asio::post(io, [&] { aside.cancel(); }); });
  const absl::Status status = test::run(io, aside.run(hang.work(), Aside::Clock::now() + seconds(60)));
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
}

TEST(Aside, TheThreadMayOutliveAllElse) {
  auto io = std::make_unique<boost::asio::io_context>();
  Hang hang;
  {
    Aside aside;
    EXPECT_FALSE(test::run(*io, aside.run(hang.work(), Aside::Clock::now())).ok());
  }
  io.reset();
  hang.ours.reset();  // it goes on, and ends, by itself
}

}  // namespace
}  // namespace tinyrig::flash
