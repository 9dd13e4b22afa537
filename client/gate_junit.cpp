#include "client/gate_junit.h"

#include <algorithm>

#include "client/format.h"
#include "client/gate_words.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

struct Counts {
  int tests = 0, failures = 0, errors = 0, skipped = 0;

  void add(v1::GateVerdict verdict) {
    ++tests;
    if (verdict == v1::GATE_VERDICT_REGRESSION) ++failures;
    if (verdict == v1::GATE_VERDICT_INVALID) ++errors;
    if (verdict == v1::GATE_VERDICT_INCONCLUSIVE) ++skipped;
  }
  void add(const Counts& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
  }
  std::string attributes() const {
    return " tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"" +
           std::to_string(errors) + "\" skipped=\"" + std::to_string(skipped) + "\"";
  }
};

const char* element_of(v1::GateVerdict verdict) {
  switch (verdict) {
    case v1::GATE_VERDICT_REGRESSION:
      return "failure";
    case v1::GATE_VERDICT_INCONCLUSIVE:
      return "skipped";
    case v1::GATE_VERDICT_PASS:
    case v1::GATE_VERDICT_IMPROVEMENT:
      return nullptr;
    default:
      return "error";
  }
}

// Of a regression of time: the operators that moved most.
std::string moved_operators(const v1::GateAttribution& attribution) {
  constexpr int kMost = 5;
  std::string text;
  for (int i = 0; i < std::min(kMost, attribution.operators_size()); ++i) {
    const v1::GateOperatorChange& change = attribution.operators(i);
    text += gate_operator(change) + " " + gate_change(change.base_ticks(), change.head_ticks()) + ", " +
            gate_share(change) + " of the change\n";
  }
  return text;
}

std::string test_case(const std::string& suite, const std::string& name, v1::GateVerdict verdict,
                      const std::string& message, const std::string& detail) {
  std::string text = "    <testcase classname=\"" + xml_escaped(suite) + "\" name=\"" + xml_escaped(name) + "\"";
  const char* element = element_of(verdict);
  if (element == nullptr) return text + "/>\n";
  text += "><" + std::string(element) + " message=\"" + xml_escaped(message) + "\">";
  for (std::size_t at = 0; at < detail.size();) {  // line by line: escaping takes newlines for control characters
    const std::size_t end = detail.find('\n', at);
    text += "\n" + xml_escaped(detail.substr(at, end - at));
    at = end == std::string::npos ? end : end + 1;
  }
  return text + "</" + element + "></testcase>\n";
}

std::string suite_of(const v1::GateComparison& comparison, Counts* counts) {
  const std::string name = gate_place(comparison);
  std::string cases;
  if (!comparison.reason().empty()) {
    counts->add(comparison.verdict());
    cases += test_case(name, "comparison", comparison.verdict(), comparison.reason(), "");
  }
  for (const v1::GateSeries& series : comparison.series()) {
    counts->add(series.verdict());
    const bool in_ticks = series.unit() != "bytes";
    cases +=
        test_case(name, series.metric(), series.verdict(),
                  gate_value(series.has_base(), series.base()) + " -> " + gate_value(series.has_head(), series.head()) +
                      " " + series.unit() + ", " + gate_change(series) + ": " + series.reason(),
                  in_ticks ? moved_operators(comparison.attribution()) : "");
  }
  return "  <testsuite name=\"" + xml_escaped(name) + "\"" + counts->attributes() + ">\n" + cases + "  </testsuite>\n";
}

}  // namespace

std::string xml_escaped(const std::string& text) {
  std::string escaped;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&apos;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string gate_junit(const v1::GateReport& report) {
  Counts all;
  std::string suites;
  for (const v1::GateComparison& comparison : report.comparisons()) {
    Counts counts;
    suites += suite_of(comparison, &counts);
    all.add(counts);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tinyrig gate\"" + all.attributes() + ">\n" +
         suites + "</testsuites>\n";
}

}  // namespace tinyrig::client
