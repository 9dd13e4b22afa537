#include "server/log/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "server/base/clean_text.h"

namespace tinyrig {
namespace {

constexpr std::size_t kMaxMessageBytes = 4'096;
constexpr std::size_t kMaxNameBytes = 100;

// Of the line that this thread is logging. spdlog formats on the thread that logs, before log_event() returns.
thread_local const LogSubject* current_subject = nullptr;

std::string one_line(std::string_view text, std::size_t max_bytes) {
  std::string clean = clean_text(text, max_bytes);
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return clean;
}

std::string_view view(spdlog::string_view_t text) { return {text.data(), text.size()}; }

template <typename Action>
void for_each_field(const LogSubject& subject, Action action) {
  if (!subject.board.empty()) action("board", clean_text(subject.board, kMaxNameBytes));
  if (!subject.job.empty()) action("job", clean_text(subject.job, kMaxNameBytes));
  if (!subject.run.empty()) action("run", clean_text(subject.run, kMaxNameBytes));
}

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& event, spdlog::memory_buf_t& out) override {
    static const LogSubject kNothing;
    const LogSubject& subject = current_subject == nullptr ? kNothing : *current_subject;
    const std::string line = format_ == LogFormat::kJson ? json_line(event, subject) : text_line(event, subject);
    out.append(line.data(), line.data() + line.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<LineFormatter>(format_); }

 private:
  static std::string text_line(const spdlog::details::log_msg& event, const LogSubject& subject) {
    std::string line = absl::FormatTime("%Y-%m-%dT%H:%M:%E3S ", absl::FromChrono(event.time), absl::LocalTimeZone());
    event.color_range_start = line.size();
    absl::StrAppend(&line, std::string(view(spdlog::level::to_string_view(event.level))));
    event.color_range_end = line.size();
    for_each_field(subject, [&line](const char* name, const std::string& value) {
      absl::StrAppend(&line, " ", name, "=", one_line(value, kMaxNameBytes));
    });
    absl::StrAppend(&line, " ", one_line(view(event.payload), kMaxMessageBytes), "\n");
    return line;
  }

  static std::string json_line(const spdlog::details::log_msg& event, const LogSubject& subject) {
    boost::json::object line;
    line["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromChrono(event.time), absl::UTCTimeZone());
    line["level"] = std::string(view(spdlog::level::to_string_view(event.level)));
    line["message"] = clean_text(view(event.payload), kMaxMessageBytes);
    for_each_field(subject, [&line](const char* name, const std::string& value) { line[name] = value; });
    return boost::json::serialize(line) + "\n";
  }

  const LogFormat format_;
};

}  // namespace

void start_log(LogFormat format, const std::string& level) {
  auto logger = spdlog::stderr_color_mt("tinyrigd");
  logger->set_formatter(make_log_formatter(format));
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

void log_event(spdlog::level::level_enum level, const LogSubject& subject, std::string_view message) {
  current_subject = &subject;
  spdlog::log(level, "{}", message);
  current_subject = nullptr;
}

spdlog::level::level_enum log_level_of(const std::string& name) {
  if (name == "error") return spdlog::level::err;
  return name == "warning" ? spdlog::level::warn : spdlog::level::info;
}

std::unique_ptr<spdlog::formatter> make_log_formatter(LogFormat format) {
  return std::make_unique<LineFormatter>(format);
}

}  // namespace tinyrig
