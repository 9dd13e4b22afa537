#include "client/mlperf_text.h"

#include <boost/json/serialize.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "client/table.h"
#include "server/mlperf/numbers.h"

namespace tinyrig::client {
namespace {

using mlperf::AuditReport;
using mlperf::Figure;
using mlperf::Finding;
using mlperf::RunReport;
using mlperf::Severity;
using mlperf::Verdict;

std::string value_text(const std::optional<double>& value, const std::string& unit) {
  if (!value.has_value()) return "-";
  return mlperf::number_text(*value) + (unit.empty() ? "" : " " + unit);
}

std::string severity_text(Severity severity) { return severity == Severity::kError ? "error" : "warning"; }

// "kws/energy/log.txt:12: error: expected no error; seen e-[...] [ERROR_MESSAGE]", as compilers say it.
std::string finding_text(const std::string& folder, const Finding& finding) {
  const mlperf::RuleText& rule = mlperf::text_of(finding.rule);
  std::string place = folder;
  if (!finding.file.empty()) place = folder.empty() || folder == "." ? finding.file : folder + "/" + finding.file;
  if (finding.line != 0) place += ":" + std::to_string(finding.line);
  return printable(place + ": " + severity_text(rule.severity) + ": expected " + finding.expected + "; seen " +
                   finding.seen + " [" + std::string(rule.id) + "]") +
         "\n";
}

std::string with_count(std::size_t count, const char* one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

std::string json_quoted(std::string_view text) { return boost::json::serialize(boost::json::string_view(text)); }

std::string number_json(const std::optional<double>& value) {
  return value.has_value() ? mlperf::number_text(*value, 9) : "null";
}

std::string runner_text(mlperf::Runner runner) {
  switch (runner) {
    case mlperf::Runner::kEembc:
      return "energyrunner";
    case mlperf::Runner::kMlc:
      return "mlc";
    case mlperf::Runner::kUnknown:
      break;
  }
  return "unknown";
}

// [ITEM, ITEM], each on a line of its own.
std::string list_json(const std::vector<std::string>& items, const std::string& indent) {
  if (items.empty()) return "[]";
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() == 1 ? "\n" : ",\n") + indent + "  " + item;
  return text + "\n" + indent + "]";
}

std::string finding_json(const Finding& finding) {
  const mlperf::RuleText& rule = mlperf::text_of(finding.rule);
  return "{\"rule\": " + json_quoted(rule.id) + ", \"severity\": " + json_quoted(severity_text(rule.severity)) +
         ", \"file\": " + json_quoted(finding.file) + ", \"line\": " + std::to_string(finding.line) +
         ", \"expected\": " + json_quoted(finding.expected) + ", \"seen\": " + json_quoted(finding.seen) + "}";
}

std::string findings_json(const std::vector<Finding>& findings, const std::string& indent) {
  std::vector<std::string> items;
  for (const Finding& finding : findings) items.push_back(finding_json(finding));
  return list_json(items, indent);
}

std::string run_json(const RunReport& run) {
  std::vector<std::string> figures;
  for (const Figure& figure : run.figures) {
    figures.push_back("{\"name\": " + json_quoted(figure.name) + ", \"unit\": " + json_quoted(figure.unit) +
                      ", \"claimed\": " + number_json(figure.claimed) +
                      ", \"recomputed\": " + number_json(figure.recomputed) + "}");
  }
  const std::string indent = "      ";
  return "{\n" + indent + "\"folder\": " + json_quoted(run.folder) + ",\n" + indent +
         "\"benchmark\": " + json_quoted(mlperf::name_of(run.benchmark)) + ",\n" + indent +
         "\"mode\": " + json_quoted(mlperf::name_of(run.mode)) + ",\n" + indent +
         "\"division\": " + json_quoted(mlperf::name_of(run.division)) + ",\n" + indent +
         "\"runner\": " + json_quoted(runner_text(run.runner)) + ",\n" + indent +
         "\"verdict\": " + json_quoted(mlperf::name_of(run.verdict())) + ",\n" + indent +
         "\"figures\": " + list_json(figures, indent) + ",\n" + indent +
         "\"findings\": " + findings_json(run.findings, indent) + ",\n" + indent +
         "\"more_findings\": " + std::to_string(run.more_findings) + "\n    }";
}

}  // namespace

std::string mlperf_text(const AuditReport& report) {
  Table table({{"RUN", Table::Align::kLeft},
               {"BENCHMARK", Table::Align::kLeft},
               {"MODE", Table::Align::kLeft},
               {"FIGURE", Table::Align::kLeft},
               {"CLAIMED", Table::Align::kRight},
               {"RECOMPUTED", Table::Align::kRight},
               {"VERDICT", Table::Align::kLeft}});
  std::string findings;
  for (const Finding& finding : report.findings) findings += finding_text("", finding);
  for (const RunReport& run : report.runs) {
    std::vector<std::string> cells = {run.folder, std::string(mlperf::name_of(run.benchmark)),
                                      std::string(mlperf::name_of(run.mode))};
    const std::string verdict(mlperf::name_of(run.verdict()));
    if (run.figures.empty()) {
      cells.insert(cells.end(), {"-", "-", "-", verdict});
      table.add(cells);
    }
    for (const Figure& figure : run.figures) {
      const bool first = &figure == &run.figures.front();
      if (!first) cells = {"", "", ""};
      cells.resize(3);
      cells.insert(cells.end(), {figure.name, value_text(figure.claimed, figure.unit),
                                 value_text(figure.recomputed, figure.unit), first ? verdict : ""});
      table.add(cells);
    }
    for (const Finding& finding : run.findings) findings += finding_text(run.folder, finding);
    if (run.more_findings > 0) {
      findings += printable(run.folder) + ": and " + std::to_string(run.more_findings) + " more like these\n";
    }
  }
  std::string text = table.text();
  if (!findings.empty()) text += "\n" + findings;
  return text + "\n" + with_count(report.runs.size(), "run") + ": " + std::to_string(report.count(Verdict::kValid)) +
         " valid, " + std::to_string(report.count(Verdict::kUnverified)) + " unverified, " +
         std::to_string(report.count(Verdict::kInvalid)) + " invalid; " +
         with_count(report.count(Severity::kError), "error") + ", " +
         with_count(report.count(Severity::kWarning), "warning") + "\n";
}

std::string mlperf_json(const AuditReport& report) {
  std::vector<std::string> runs;
  for (const RunReport& run : report.runs) runs.push_back(run_json(run));
  return "{\n  \"runs\": " + list_json(runs, "  ") + ",\n  \"findings\": " + findings_json(report.findings, "  ") +
         ",\n  \"summary\": {\"runs\": " + std::to_string(report.runs.size()) +
         ", \"valid\": " + std::to_string(report.count(Verdict::kValid)) +
         ", \"unverified\": " + std::to_string(report.count(Verdict::kUnverified)) +
         ", \"invalid\": " + std::to_string(report.count(Verdict::kInvalid)) +
         ", \"errors\": " + std::to_string(report.count(Severity::kError)) +
         ", \"warnings\": " + std::to_string(report.count(Severity::kWarning)) + "}\n}\n";
}

}  // namespace tinyrig::client
