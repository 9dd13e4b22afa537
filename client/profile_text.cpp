#include "client/profile_text.h"

#include <algorithm>

#include "client/format.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

constexpr std::size_t kProfileBarWidth = 24;

// Without instrumentation and with it, side by side.
std::string cost_text(const v1::ProfileResult& profile) {
  Table table({{""}, {"", Table::Align::kRight}, {""}});
  const bool known = profile.clean_ticks() > 0;
  const double difference = known ? profile.sum_ticks() / profile.clean_ticks() - 1 : 0;
  table.add({"  clean", known ? ticks(profile.clean_ticks()) : "unknown", "end to end, without instrumentation"});
  table.add({"  profiled", ticks(profile.instrumented_ticks()),
             "end to end, with it: overhead " + (known ? small_percent(profile.overhead_ratio()) : "unknown")});
  table.add({"  sum", ticks(profile.sum_ticks()),
             "of the operators, with it" + (known ? ": " + small_percent(difference) + " beside clean" : "")});
  table.add({"  counter read", ticks(profile.counter_read_ticks()), "once for each operator, in the numbers below"});
  const std::string text = table.text();
  return text.substr(text.find('\n') + 1);  // without titles
}

std::string table_text(const v1::ProfileResult& profile) {
  Table table({{"#", Table::Align::kRight},
               {"OPERATOR"},
               {"SHAPE"},
               {"TICKS", Table::Align::kRight},
               {"SHARE", Table::Align::kRight},
               {"MACS", Table::Align::kRight},
               {"MACS/TICK", Table::Align::kRight},
               {"WEIGHTS", Table::Align::kRight},
               {"LIVE", Table::Align::kRight},
               {"KERNEL"}});
  for (const v1::OperatorProfile& op : profile.operators()) {
    const bool multiplies = op.macs() > 0 && op.ticks() > 0;
    table.add({std::to_string(op.index()), op.kind(), op.shape(), ticks(op.ticks()), percent(op.share()),
               grouped(op.macs()), multiplies ? significant(static_cast<double>(op.macs()) / op.ticks()) : "-",
               bytes(op.weight_bytes()), op.arena_live_bytes() == 0 ? "-" : bytes(op.arena_live_bytes()), op.kernel()});
  }
  return table.text();
}

std::string chart_text(const v1::ProfileResult& profile) {
  Table table({{"#", Table::Align::kRight},
               {"OPERATOR"},
               {"TICKS"},
               {"SHARE", Table::Align::kRight},
               {"ARENA LIVE"},
               {"BYTES", Table::Align::kRight},
               {""}});
  double most_share = 0;
  std::uint64_t peak_bytes = 0;
  int peak = -1;
  for (int i = 0; i < profile.operators_size(); ++i) {
    most_share = std::max(most_share, profile.operators(i).share());
    if (profile.operators(i).arena_live_bytes() <= peak_bytes) continue;
    peak_bytes = profile.operators(i).arena_live_bytes();
    peak = i;
  }
  for (int i = 0; i < profile.operators_size(); ++i) {
    const v1::OperatorProfile& op = profile.operators(i);
    table.add({std::to_string(op.index()), op.kind(), bar(op.share(), most_share, kProfileBarWidth),
               percent(op.share()),
               bar(static_cast<double>(op.arena_live_bytes()), static_cast<double>(peak_bytes), kProfileBarWidth),
               grouped(op.arena_live_bytes()), i == peak ? "<- peak" : ""});
  }
  return table.text();
}

}  // namespace

std::string profile_text(const v1::RunResult& result) {
  if (!result.has_profile()) return "";
  const v1::ProfileResult& profile = result.profile();
  const std::string unit = tick_unit(result.provenance().tick_unit(), result.provenance().emulated());
  return "\nprofile in " + unit + ", mean of " + std::to_string(profile.iterations()) + " iterations\n" +
         cost_text(profile) + "\n" + table_text(profile) + "\n" + chart_text(profile);
}

}  // namespace tinyrig::client
