#include "client/format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace tinyrig::client {
namespace {

std::string decimals(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

// "OUTCOME_USER_ERROR" -> "user error"; the unspecified value -> "-".
std::string words(const std::string& name, std::size_t prefix, int number) {
  if (number == 0 || name.size() <= prefix) return "-";
  std::string text = name.substr(prefix);
  for (char& c : text) {
    if (c == '_') c = ' ';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

struct UnitScale {
  double micro = 1;
  const char* prefix = "u";
};

// Whatever rounds to 1000 has the next unit.
UnitScale scale_of(double micro) {
  const double size = std::abs(micro) * 1.00005;
  if (size >= 1e6) return {1e6, ""};
  if (size >= 1e3) return {1e3, "m"};
  if (size >= 1 || size == 0) return {1, "u"};
  return {1e-3, "n"};
}

int decimals_of(double scaled) {
  const double size = std::abs(scaled) * 1.00005;
  return size >= 100 ? 1 : size >= 10 ? 2 : 3;
}

struct AlikeScale {
  UnitScale unit;
  int digits = 0;
};

AlikeScale alike(double value, const std::vector<double>& values) {
  const UnitScale unit = scale_of(value);
  AlikeScale scale{unit, decimals_of(value / unit.micro)};
  if (values.empty()) return scale;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double spread = (*most - *least) / unit.micro;
  if (spread > 0 && std::isfinite(spread)) {
    scale.digits = std::max(scale.digits, std::min(6, 1 - static_cast<int>(std::floor(std::log10(spread)))));
  }
  return scale;
}

std::string scaled(double micro, const char* unit) {
  if (!std::isfinite(micro)) return "unknown";
  const UnitScale scale = scale_of(micro);
  const double value = micro / scale.micro;
  return decimals(value, value == 0 ? 0 : decimals_of(value)) + " " + scale.prefix + unit;
}

}  // namespace

std::string grouped(std::uint64_t value) {
  const std::string digits = std::to_string(value);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string ticks(double value) {
  if (!std::isfinite(value) || value < 0 || value >= 1e18) return decimals(value, 1);
  const double tenths = std::round(value * 10);
  const auto whole = static_cast<std::uint64_t>(tenths / 10);
  const auto fraction = static_cast<unsigned>(tenths - static_cast<double>(whole) * 10);
  return fraction == 0 ? grouped(whole) : grouped(whole) + "." + std::to_string(fraction);
}

std::string bytes(std::uint64_t value) {
  if (value < 1024) return std::to_string(value) + " B";
  double scaled = static_cast<double>(value) / 1024;
  const char* unit = " KiB";
  for (const char* larger : {" MiB", " GiB", " TiB"}) {
    if (scaled < 1024) break;
    scaled /= 1024;
    unit = larger;
  }
  return decimals(scaled, scaled == std::floor(scaled) ? 0 : 1) + unit;
}

std::string percent(double ratio) { return decimals(ratio * 100, std::abs(ratio) < 0.01 ? 2 : 1) + " %"; }

std::string small_percent(double ratio) { return decimals(ratio * 100, 4) + " %"; }

std::string significant(double value) {
  if (!std::isfinite(value) || value <= 0) return decimals(value, 0);
  if (value >= 100) return ticks(std::round(value));
  return decimals(value, 2 - static_cast<int>(std::floor(std::log10(value))));
}

std::string bar(double value, double most, std::size_t width) {
  if (!(value > 0) || !(most > 0)) return "";
  const double exact = std::min(1.0, value / most) * static_cast<double>(width);
  return std::string(std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(exact))), '#');
}

std::string hertz(std::uint64_t value) {
  if (value >= 1'000'000) {
    const double megahertz = static_cast<double>(value) / 1e6;
    return decimals(megahertz, megahertz == std::floor(megahertz) ? 0 : 1) + " MHz";
  }
  return grouped(value) + " Hz";
}

std::string microseconds(double value) {
  if (value < 1) return decimals(value * 1e3, 0) + " ns";
  if (value < 1e3) return decimals(value, 2) + " us";
  if (value < 1e6) return decimals(value / 1e3, 2) + " ms";
  return decimals(value / 1e6, 2) + " s";
}

std::string microjoules(double value) { return scaled(value, "J"); }
std::string microwatts(double value) { return scaled(value, "W"); }
std::string microamperes(double value) { return scaled(value, "A"); }

std::vector<std::string> microjoules_alike(double value_uj, const std::vector<double>& values_uj) {
  const AlikeScale scale = alike(value_uj, values_uj);
  std::vector<std::string> texts;
  for (const double value : values_uj) {
    texts.push_back(decimals(value / scale.unit.micro, scale.digits) + " " + scale.unit.prefix + "J");
  }
  return texts;
}

std::string interval_uj(const v1::Interval& interval, double value_uj) {
  if (!interval.known()) return "unknown";
  const AlikeScale scale = alike(value_uj, {interval.low(), interval.high()});
  return "[" + decimals(interval.low() / scale.unit.micro, scale.digits) + ", " +
         decimals(interval.high() / scale.unit.micro, scale.digits) + "] " + scale.unit.prefix + "J";
}

std::string interval(const v1::Interval& interval) {
  if (!interval.known()) return "unknown";
  return "[" + ticks(interval.low()) + ", " + ticks(interval.high()) + "]";
}

std::string samples(std::uint32_t count, std::uint32_t sessions) {
  if (sessions == 0) return "-";
  if (count % sessions == 0) return std::to_string(count / sessions) + "x" + std::to_string(sessions);
  return std::to_string(count) + " in " + std::to_string(sessions);
}

std::string tick_unit(v1::TickUnit unit, bool emulated) {
  std::string text = "ticks";
  if (unit == v1::TICK_UNIT_INSTRUCTIONS) text = "instructions";
  if (unit == v1::TICK_UNIT_CYCLES) text = "cycles";
  if (unit == v1::TICK_UNIT_NANOSECONDS) text = "ns";
  if (unit == v1::TICK_UNIT_TIMER_TICKS) text = "timer ticks";
  return emulated ? text + " (emulated)" : text;
}

std::string verification(const v1::Verification& verification) {
  if (verification.inputs_checked() == 0) return "-";
  std::string text =
      std::to_string(verification.inputs_matched()) + "/" + std::to_string(verification.inputs_checked());
  if (verification.against() == v1::Verification::AGAINST_EXPECTED) text += " expected";
  if (verification.against() == v1::Verification::AGAINST_REFERENCE) text += " reference";
  return verification.inputs_matched() == verification.inputs_checked() ? text : "NO: " + text;
}

std::string time(const google::protobuf::Timestamp& stamp) {
  if (stamp.seconds() == 0) return "-";
  const auto seconds = static_cast<std::time_t>(stamp.seconds());
  std::tm utc{};
  if (gmtime_r(&seconds, &utc) == nullptr) return "-";
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%SZ", &utc);
  return text.data();
}

std::string short_digest(const std::string& hex) { return hex.empty() ? "-" : hex.substr(0, 12); }

std::string outcome(v1::Outcome outcome) { return words(v1::Outcome_Name(outcome), sizeof("OUTCOME"), outcome); }
std::string priority(v1::Priority priority) { return words(v1::Priority_Name(priority), sizeof("PRIORITY"), priority); }
std::string run_state(v1::RunState state) { return words(v1::RunState_Name(state), sizeof("RUN_STATE"), state); }
std::string activity(v1::Activity activity) { return words(v1::Activity_Name(activity), sizeof("ACTIVITY"), activity); }
std::string health(v1::Health health) { return words(v1::Health_Name(health), sizeof("HEALTH"), health); }
std::string hold_kind(v1::HoldKind kind) { return words(v1::HoldKind_Name(kind), sizeof("HOLD_KIND"), kind); }
std::string measurement(v1::Measurement measurement) {
  return words(v1::Measurement_Name(measurement), sizeof("MEASUREMENT"), measurement);
}
std::string timing_source(v1::TimingSource source) {
  return words(v1::TimingSource_Name(source), sizeof("TIMING_SOURCE"), source);
}

std::string gate_verdict(v1::GateVerdict verdict) {
  return words(v1::GateVerdict_Name(verdict), sizeof("GATE_VERDICT"), verdict);
}

std::string runtime(const v1::AgentRuntime& runtime) {
  if (runtime.name().empty()) return "-";
  return runtime.name() + (runtime.version().empty() ? "" : " " + runtime.version());
}

std::string runtimes(const v1::AgentIdentity& agent) {
  std::string text;
  for (const v1::AgentRuntime& one : agent.runtimes()) text += (text.empty() ? "" : ", ") + runtime(one);
  return text.empty() ? "-" : text;
}

}  // namespace tinyrig::client
