#include "client/leaderboard_text.h"

#include "client/format.h"
#include "client/table.h"

namespace tinyrig::client {

std::string leaderboard_text(const v1::QueryLeaderboardResponse& response) {
  if (response.groups().empty()) return "no results yet: tinyrig submit MODEL --board all --wait\n";
  std::string text;
  for (const v1::LeaderboardGroup& group : response.groups()) {
    if (!text.empty()) text += "\n";
    text += printable(group.model_name()) + "  " + short_digest(group.model_sha256()) + "  in " +
            tick_unit(group.tick_unit(), group.emulated());
    if (!group.comparability().empty()) text += "; " + printable(group.comparability());
    text += "\n";
    Table table({{"RANK", Table::Align::kRight},
                 {"BOARD TYPE"},
                 {"CORE"},
                 {"RUNTIME"},
                 {"MEDIAN", Table::Align::kRight},
                 {"95 % INTERVAL"},
                 {"N\u00d7SESSIONS"},
                 {"PER MAC", Table::Align::kRight},
                 {"ARENA", Table::Align::kRight},
                 {"RAM", Table::Align::kRight},
                 {"FLASH", Table::Align::kRight},
                 {"VERIFIED"},
                 {"MEASURED"},
                 {"RUN"}});
    for (const v1::LeaderboardEntry& entry : group.entries()) {
      std::string median = ticks(entry.latency_median_ticks());
      if (entry.latency_median_us() > 0) median += " = " + microseconds(entry.latency_median_us());
      table.add({std::to_string(entry.rank()), entry.board_type(), entry.core(), entry.runtime(), median,
                 interval(entry.latency_interval_ticks()), samples(entry.sample_count(), entry.sessions()),
                 entry.macs() == 0 ? "-" : ticks(entry.latency_median_ticks() / static_cast<double>(entry.macs())),
                 entry.arena_bytes() == 0 ? "-" : bytes(entry.arena_bytes()),
                 entry.ram_bytes() == 0 ? "-" : bytes(entry.ram_bytes()),
                 entry.flash_bytes() == 0 ? "-" : bytes(entry.flash_bytes()), entry.verified() ? "yes" : "no",
                 time(entry.measure_time()), entry.run_id()});
    }
    text += table.text();
  }
  if (!response.next_page_token().empty()) text += "\n(there is more: --limit N, --model NAME)\n";
  return text;
}

}  // namespace tinyrig::client
