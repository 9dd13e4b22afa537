#include "server/log/log.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <sstream>

namespace tinyrig {
namespace {

class LogTest : public ::testing::Test {
 protected:
  void use(LogFormat format) {
    auto logger = std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_st>(out_));
    logger->set_formatter(make_log_formatter(format));
    spdlog::set_default_logger(std::move(logger));
  }
  // Without the time.
  std::string text() const {
    std::string text;
    std::istringstream lines(out_.str());
    for (std::string line; std::getline(lines, line);) text += line.substr(sizeof("2026-11-27T20:15:00.123")) + "\n";
    return text;
  }
  boost::json::value json() const { return boost::json::parse(out_.str()); }

  std::ostringstream out_;
};

TEST_F(LogTest, TextHasWhatItIsAboutBeforeTheMessage) {
  use(LogFormat::kText);
  log_event(spdlog::level::warn, {"emu-1", "j-1", "r-1"}, "AGENT_SILENT: reset");
  log_event(spdlog::level::info, {"emu-1"}, "flashing");
  spdlog::error("of nothing in particular");
  EXPECT_EQ(text(),
            "warning board=emu-1 job=j-1 run=r-1 AGENT_SILENT: reset\n"
            "info board=emu-1 flashing\n"
            "error of nothing in particular\n");
}

TEST_F(LogTest, JsonHasAFieldForEach) {
  use(LogFormat::kJson);
  log_event(spdlog::level::err, {"emu-1", "", "r-1"}, "it \"failed\"\nbadly");
  const boost::json::object line = json().as_object();
  EXPECT_EQ(out_.str().find('\n'), out_.str().size() - 1) << "one line: " << out_.str();
  EXPECT_EQ(line.at("level"), "error");
  EXPECT_EQ(line.at("message"), "it \"failed\"\nbadly");
  EXPECT_EQ(line.at("board"), "emu-1");
  EXPECT_EQ(line.at("run"), "r-1");
  EXPECT_FALSE(line.contains("job"));
  const boost::json::string& time = line.at("time").as_string();
  EXPECT_EQ(time.size(), sizeof("2026-11-27T20:15:00.123Z") - 1) << time;
  EXPECT_EQ(time.back(), 'Z');
}

TEST_F(LogTest, ForeignTextMakesNoLinesAndNoControlCharacters) {
  use(LogFormat::kText);
  log_event(spdlog::level::info, {"a\nb"}, "one\n2026-11-27T20:15:00.123 error forged \x1b[2J{}");
  EXPECT_EQ(text(), "info board=a b one 2026-11-27T20:15:00.123 error forged ?[2J{}\n");
}

TEST_F(LogTest, LongTextIsCut) {
  use(LogFormat::kJson);
  log_event(spdlog::level::info, {}, std::string(100'000, 'x'));
  EXPECT_EQ(json().as_object().at("message").as_string().size(), 4'096U);
}

TEST(LogLevel, IsThatOfTheBoardsLogs) {
  EXPECT_EQ(log_level_of("info"), spdlog::level::info);
  EXPECT_EQ(log_level_of("warning"), spdlog::level::warn);
  EXPECT_EQ(log_level_of("error"), spdlog::level::err);
}

}  // namespace
}  // namespace tinyrig
