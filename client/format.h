// Numbers, sizes, times and enum values as people read them. The only place where the CLI decides that.
// Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "google/protobuf/timestamp.pb.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/gate.pb.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::client {

/// 1234567 -> "1,234,567".
std::string grouped(std::uint64_t value);
/// Ticks: whole numbers grouped; with a fraction, one decimal ("1,234.5").
std::string ticks(double value);
/// 24000 -> "23.4 KiB"; below 1024 "512 B"; whole multiples without decimals ("64 KiB").
std::string bytes(std::uint64_t value);
/// 0.1234 -> "12.3 %"; below one percent with two decimals.
std::string percent(double ratio);
/// "0.0016 %": for ratios that matter although they are tiny.
std::string small_percent(double ratio);
/// Three digits that matter: 0.0234 -> "0.0234", 12.34 -> "12.3", 1234 -> "1,234".
std::string significant(double value);
/// '#' for value of most, at most `width`; one at least for what is not zero.
std::string bar(double value, double most, std::size_t width);
/// 168000000 -> "168 MHz".
std::string hertz(std::uint64_t value);
/// Microseconds in the unit that reads best: "812 ns", "12.41 ms".
std::string microseconds(double value);
/// Millionths in the unit that reads best, four digits: "812.3 uJ", "1.235 mJ", "45.60 nJ".
std::string microjoules(double value);
std::string microwatts(double value);
std::string microamperes(double value);
/// All in the unit of `value_uj`, with digits enough to tell the least from the most: "28.2046 mJ", "28.2063 mJ".
std::vector<std::string> microjoules_alike(double value_uj, const std::vector<double>& values_uj);
/// "[1,230, 1,240]" or "unknown".
std::string interval(const v1::Interval& interval);
/// The same of an energy, in the unit of its value: "[810.2, 815.0] uJ"; its ends can be told apart.
std::string interval_uj(const v1::Interval& interval, double value_uj);
/// "10x3": samples per session times sessions; "31 in 3" when they differ.
std::string samples(std::uint32_t count, std::uint32_t sessions);
/// "instructions (emulated)", "cycles", "ns".
std::string tick_unit(v1::TickUnit unit, bool emulated);
/// "8/8 expected", "NO: 7/8 expected", "-" when nothing was checked.
std::string verification(const v1::Verification& verification);
/// UTC, "2026-11-22 15:10:03Z"; "-" when unset.
std::string time(const google::protobuf::Timestamp& stamp);
/// First 12 digits of a digest.
std::string short_digest(const std::string& hex);
/// "succeeded"; "-" while unset. Any enum of the API: its value without prefix, in lower case.
std::string outcome(v1::Outcome outcome);
std::string run_state(v1::RunState state);
std::string priority(v1::Priority priority);
std::string activity(v1::Activity activity);
std::string health(v1::Health health);
std::string hold_kind(v1::HoldKind kind);
std::string measurement(v1::Measurement measurement);
std::string timing_source(v1::TimingSource source);
std::string gate_verdict(v1::GateVerdict verdict);
/// "tinyrig 0.1.0"; "-" while unknown.
std::string runtime(const v1::AgentRuntime& runtime);
/// "tinyrig 0.1.0, portable 0.1.0"; "-" while unknown.
std::string runtimes(const v1::AgentIdentity& agent);

}  // namespace tinyrig::client
