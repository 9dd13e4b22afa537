// Text commands among frames and noise, and numbers as text.
#include "agent_firmware/agent/text_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "agent_firmware/agent/text_writer.h"
#include "tests/support/agent/memory_board.h"
#include "wire/link/endpoint.h"

namespace tinyrig::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::string_view_literals;

std::vector<std::string> commands_in(std::string_view bytes) {
  agent::TextCommand collector;
  std::vector<std::string> commands;
  for (const char c : bytes) {
    if (collector.take(static_cast<std::uint8_t>(c))) {
      commands.emplace_back(collector.text());
    }
  }
  return commands;
}

TEST(TextCommand, EndsWithPercent) {
  EXPECT_THAT(commands_in("name%infer 10 1%db 00ff"), ElementsAre("name", "infer 10 1"));
  EXPECT_THAT(commands_in("%"), ElementsAre(""));
  EXPECT_THAT(commands_in("name%\r\nname%"), ElementsAre("name", "name"));
}

TEST(TextCommand, WhatIsNoTextIsNoCommand) {
  EXPECT_THAT(commands_in("\xff\x01name%"), IsEmpty());
  EXPECT_THAT(commands_in("\xffname%name%"), ElementsAre("name"));
  EXPECT_THAT(commands_in("\xff%%%9a%name%%"), ElementsAre("name", ""));
  EXPECT_THAT(commands_in("abc\0name%"sv), ElementsAre("name"));
}

TEST(TextCommand, BeyondItsSizeTheLastPlaceIsOverwritten) {
  const std::string longest(80, 'a');
  EXPECT_THAT(commands_in(longest + "%"), ElementsAre(longest));
  EXPECT_THAT(commands_in(longest + "bcd%name%"), ElementsAre(std::string(79, 'a') + "d", "name"));
}

// Whatever a host's first frames hold, '%' among it, hardly any of it is taken for a command; the answer to one that is
// would be text in front of a frame, which hosts skip.
TEST(TextCommand, FramesAreNoCommands) {
  std::mt19937 random(1);
  std::size_t taken = 0;
  std::vector<std::uint8_t> receive(4096), transmit(4096);
  for (int i = 0; i < 2000; ++i) {
    link::Endpoint host(link::Role::kHost, receive, transmit, 4096);
    std::vector<std::uint8_t> payload(18);
    for (std::uint8_t& byte : payload) {
      byte = static_cast<std::uint8_t>(i % 2 == 0 ? '%' : random());
    }
    host.start(static_cast<std::uint16_t>(random()), payload);
    const auto frame = host.output();
    ASSERT_FALSE(frame.empty());
    taken += commands_in({reinterpret_cast<const char*>(frame.data()), frame.size()}).size();
  }
  EXPECT_LE(taken, 1U);
}

std::string printf_of(float value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(value));
  return text;
}

TEST(TextWriter, ThousandthsAreThoseOfPrintf) {
  MemoryBoard board({});
  std::mt19937 random(7);
  std::vector<float> values = {0.0F,     -0.0F, 1.0F,        0.0625F, 0.1875F, 0.9995F,
                               0.99951F, 0.5F,  123456.789F, 1e-30F,  -7.25F,  2.5e9F};
  for (int i = 0; i < 100'000; ++i) {
    const auto bits = static_cast<std::uint32_t>(random());
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (std::abs(value) < 9e12F) {
      values.push_back(value);
    }
  }
  for (int q = 0; q < 256; ++q) {
    values.push_back(static_cast<float>(q) / 256);
  }
  for (const float value : values) {
    const std::string text = board.written([value] { agent::TextWriter().thousandths(value); });
    const std::string wanted = printf_of(value);
    ASSERT_EQ(text, wanted == "-0.000" && text == "0.000" ? text : wanted) << value;
  }
  EXPECT_EQ(board.written([] { agent::TextWriter().thousandths(std::numeric_limits<float>::quiet_NaN()); }), "nan");
  EXPECT_EQ(board.written([] { agent::TextWriter().thousandths(-std::numeric_limits<float>::infinity()); }), "-inf");
}

TEST(TextWriter, LongTextsAndNumbers) {
  MemoryBoard board({});
  const std::string text(1000, 'x');
  EXPECT_EQ(board.written([&text] { agent::TextWriter().text(text.c_str()).number(UINT64_MAX).hex(0x0A); }),
            text + "184467440737095516150a");
}

}  // namespace
}  // namespace tinyrig::test
