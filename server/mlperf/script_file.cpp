#include "server/mlperf/script_file.h"

#include <string>

namespace tinyrig::mlperf {
namespace {

// The JavaScript string that `text` begins with.
std::string unquoted(std::string_view text) {
  std::string result;
  if (text.empty() || (text[0] != '\'' && text[0] != '"')) return result;
  const char quote = text[0];
  for (std::size_t i = 1; i < text.size() && text[i] != quote; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    result += text[i];
  }
  return result;
}

}  // namespace

std::vector<LogLine> parse_script(std::string_view text) {
  std::vector<LogLine> commands;
  LineSplitter lines([&commands](std::uint32_t number, std::string_view line) {
    line = stripped(line);
    while (consume(&line, "{")) line = stripped(line);
    const bool found = consume(&line, "cmd:") || consume(&line, "\"cmd\":") || consume(&line, "'cmd':");
    if (!found || commands.size() >= DutLog::kMaxCommands) return;
    commands.push_back({number, command_text(unquoted(stripped(line)))});
  });
  lines.feed(text);
  lines.finish();
  return commands;
}

}  // namespace tinyrig::mlperf
