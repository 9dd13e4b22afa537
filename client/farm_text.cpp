#include "client/farm_text.h"

#include <map>

#include "client/format.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

std::string face_text(v1::UsbFace face) {
  switch (face) {
    case v1::USB_FACE_APPLICATION:
      return "application";
    case v1::USB_FACE_PROBE:
      return "probe";
    case v1::USB_FACE_BRIDGE:
      return "bridge";
    case v1::USB_FACE_BOOTLOADER:
      return "bootloader";
    case v1::USB_FACE_INSTRUMENT:
      return "instrument";
    default:
      return "-";
  }
}

std::string answer_text(const v1::FoundPort& port) {
  if (port.state() != v1::PORT_STATE_ANSWERED) {
    const std::string prefix = port.state() == v1::PORT_STATE_NOT_ASKED ? "not asked" : "";
    if (prefix.empty() || port.detail().empty()) return prefix + port.detail();
    return prefix + ": " + port.detail();
  }
  const v1::AgentIdentity& agent = port.agent();
  return "unit " + (agent.unit_id().empty() ? "unknown" : agent.unit_id()) + ", build " + agent.build_id() + ", " +
         runtimes(agent);
}

std::string type_text(const v1::FoundBoard& board, const v1::FoundPort* port,
                      const std::map<std::string, std::string>& type_status) {
  const bool told = port != nullptr && !port->agent().board_type().empty();
  const std::string& type = told ? port->agent().board_type() : board.board_type();
  if (type.empty()) return "-";
  const auto status = type_status.find(type);
  return status == type_status.end() ? type : type + " (" + status->second + ")";
}

std::string level_text(v1::FindingLevel level) {
  switch (level) {
    case v1::FINDING_LEVEL_OK:
      return "ok";
    case v1::FINDING_LEVEL_INFO:
      return "info";
    case v1::FINDING_LEVEL_WARNING:
      return "warning";
    case v1::FINDING_LEVEL_PROBLEM:
      return "PROBLEM";
    default:
      return "-";
  }
}

std::string counted(int count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

std::string scan_text(const v1::ScanReport& report, const std::map<std::string, std::string>& type_status) {
  if (report.boards().empty()) {
    return "Nothing that looks like a board is plugged in. A port that the system does not list: --port PATH\n";
  }
  Table table({{"FOUND"}, {"FACE"}, {"IDENTITY"}, {"PORT"}, {"TYPE"}, {"ANSWER"}});
  int answered = 0;
  for (const v1::FoundBoard& board : report.boards()) {
    if (board.ports().empty()) {
      std::string others;
      for (const std::string& face : board.other_faces()) others += (others.empty() ? "" : ", ") + face;
      table.add({board.name(), face_text(board.face()), board.identity(), "-", type_text(board, nullptr, type_status),
                 others.empty() ? "no serial port" : "no serial port; its other faces: " + others});
    }
    bool first = true;
    for (const v1::FoundPort& port : board.ports()) {
      table.add({first ? board.name() : "", first ? face_text(board.face()) : "", first ? board.identity() : "",
                 port.path(), type_text(board, &port, type_status), answer_text(port)});
      if (port.state() == v1::PORT_STATE_ANSWERED) ++answered;
      first = false;
    }
  }
  return table.text() + "\n" + counted(report.boards_size(), "device") + ", " + counted(answered, "agent") +
         " answered\n";
}

std::string doctor_text(const v1::DoctorReport& report) {
  std::string text;
  std::map<v1::FindingLevel, int> counts;
  for (const v1::DoctorFinding& finding : report.findings()) {
    ++counts[finding.level()];
    std::string level = level_text(finding.level());
    level.resize(9, ' ');
    text += level + printable(finding.check() + ": " + finding.finding()) + "\n";
    if (!finding.advice().empty()) text += "         -> " + printable(finding.advice()) + "\n";
  }
  return text + "\n" + counted(counts[v1::FINDING_LEVEL_PROBLEM], "problem") + ", " +
         counted(counts[v1::FINDING_LEVEL_WARNING], "warning") + "\n";
}

}  // namespace tinyrig::client
