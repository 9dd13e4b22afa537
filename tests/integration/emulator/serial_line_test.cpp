// The tap of a line: benchmarks measure by it, and faults lose bytes by it.
#include "emulator/serial_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <string>

#include "tests/support/emulator/console.h"

namespace tinyrig::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Direction = SerialLine::Direction;

class SerialLineTest : public ::testing::Test {
 protected:
  SerialLineTest() {
    std::string pattern = ::testing::TempDir() + "/line.XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    line_ = std::make_shared<SerialLine>(context_.get_executor(), folder_ / "port");
    line_->set_tap([this](Direction direction, std::size_t count) {
      seen_.emplace_back(direction, count);
      return passes_;
    });
    EXPECT_TRUE(line_->plug().ok());
    auto ends = make_socket_pair();
    EXPECT_TRUE(ends.ok());
    board_ = std::move(ends->theirs);
    line_->attach(std::move(ends->ours));
  }
  ~SerialLineTest() override { std::filesystem::remove_all(folder_); }

  void until_seen(std::size_t pieces) {
    while (seen_.size() < pieces && context_.run_one_for(std::chrono::seconds(30)) > 0) {
    }
    context_.poll();
  }
  void board_says(const std::string& text) {
    ASSERT_EQ(::write(board_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  boost::asio::io_context context_;
  std::filesystem::path folder_;
  std::shared_ptr<SerialLine> line_;
  Fd board_;
  bool passes_ = true;
  std::vector<std::pair<Direction, std::size_t>> seen_;
};

TEST_F(SerialLineTest, TheTapSeesWhatGoesEachWay) {
  test::Console host(line_->path());
  ASSERT_TRUE(host.send("ask"));
  until_seen(1);
  char heard[8] = {};
  EXPECT_EQ(::read(board_.get(), heard, sizeof heard), 3);
  EXPECT_STREQ(heard, "ask");
  board_says("answer\n");
  until_seen(2);
  EXPECT_EQ(host.line(), "answer");
  EXPECT_THAT(seen_, ElementsAre(Pair(Direction::kToBoard, 3U), Pair(Direction::kToHost, 7U)));
}

TEST_F(SerialLineTest, WhatTheTapRefusesIsLost) {
  test::Console host(line_->path());
  passes_ = false;
  board_says("lost\n");
  until_seen(1);
  passes_ = true;
  board_says("kept\n");
  until_seen(2);
  EXPECT_EQ(host.line(), "kept");
}

}  // namespace
}  // namespace tinyrig::emulator
