// A gate report as Markdown, for a comment on a pull request or a job summary.
#pragma once

#include <string>

#include "tinyrig/v1/gate.pb.h"

namespace tinyrig::client {

/// GitHub refuses comments of 65,536 characters and more.
inline constexpr std::size_t kMarkdownLimit = 65'000;
/// First line of each report: how a script finds the comment that it replaces.
inline constexpr char kMarkdownMarker[] = "<!-- tinyrig-gate -->";

/// At most kMarkdownLimit bytes: what does not fit is left out, and counted.
std::string gate_markdown(const v1::GateReport& report);

/// `text` within a line or a cell of a table, shown as it is: no markup, no HTML, no link, nobody is notified.
std::string markdown_escaped(const std::string& text);

}  // namespace tinyrig::client
