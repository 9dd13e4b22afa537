#include "server/store/leaderboard_table.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "server/base/status_macros.h"
#include "server/stats/stats.h"
#include "server/store/columns.h"
#include "server/store/model_table.h"
#include "server/store/run_table.h"

namespace tinyrig::store {
namespace {

constexpr std::uint32_t kDefaultEntries = 100;
constexpr std::uint32_t kMaxEntries = 1'000;
constexpr char kTokenSeparator = '\x1f';

// What rows must share to be compared; the front of the table's primary key.
struct GroupKey {
  std::string model_name;
  std::string model_sha256;
  std::int64_t emulated = 0;
  std::string timing_source;
  std::string tick_unit;
  std::int64_t input_seed = -1;

  bool operator==(const GroupKey&) const = default;
};

struct Row {
  double score = 0;
  v1::LeaderboardEntry entry;
};

std::string token_of(const GroupKey& key) {
  std::string text;
  for (const std::string& field : {key.model_name, key.model_sha256, std::to_string(key.emulated), key.timing_source,
                                   key.tick_unit, std::to_string(key.input_seed)}) {
    if (!text.empty()) text += kTokenSeparator;
    text += field;
  }
  return absl::BytesToHexString(text);
}

absl::StatusOr<GroupKey> parse_token(const std::string& token) {
  GroupKey key;
  if (token.empty()) return key;
  const bool is_hex =
      token.size() % 2 == 0 && token.size() < 4'000 && token.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_hex) return page_token_invalid(token);
  const std::vector<std::string> fields = absl::StrSplit(absl::HexStringToBytes(token), kTokenSeparator);
  if (fields.size() != 6 || !absl::SimpleAtoi(fields[2], &key.emulated) ||
      !absl::SimpleAtoi(fields[5], &key.input_seed)) {
    return page_token_invalid(token);
  }
  key.model_name = fields[0];
  key.model_sha256 = fields[1];
  key.timing_source = fields[3];
  key.tick_unit = fields[4];
  return key;
}

// Instructions rank as they are; ticks of a clock only as time, since clocks differ between board types.
double score_of(const v1::RunResult& result) {
  return result.latency().median_us() > 0 ? result.latency().median_us() : result.latency().median_ticks();
}

v1::LeaderboardEntry entry_of(const v1::Run& run, const v1::Model& model) {
  const v1::RunResult& result = run.result();
  const v1::RunProvenance& provenance = result.provenance();
  const v1::MemoryResult& memory = result.memory();
  const v1::Verification& verification = result.verification();
  v1::LeaderboardEntry entry;
  entry.set_model_name(model.name());
  entry.set_model_sha256(model.sha256());
  entry.set_board_type(run.summary().board_type());
  entry.set_core(provenance.board_type().core());
  entry.set_runtime(run.summary().runtime());
  entry.set_agent_build_id(provenance.agent().build_id());
  entry.set_clock_hz(provenance.board_type().clock_hz());
  entry.set_latency_median_ticks(result.latency().median_ticks());
  *entry.mutable_latency_interval_ticks() = result.latency().median_interval_ticks();
  entry.set_latency_median_us(result.latency().median_us());
  entry.set_sample_count(result.latency().count());
  entry.set_sessions(result.latency().sessions());
  entry.set_macs(model.macs());
  const bool in_flash = provenance.placement() == "flash_slot";
  const std::uint64_t arena = memory.arena_used_bytes() > 0 ? memory.arena_used_bytes() : memory.arena_planned_bytes();
  entry.set_arena_bytes(arena);
  entry.set_ram_bytes(arena + memory.static_ram_bytes() + memory.stack_high_water_bytes() +
                      (in_flash ? 0 : memory.packed_model_bytes()));
  entry.set_flash_bytes(memory.agent_flash_bytes() + (in_flash ? memory.packed_model_bytes() : 0));
  entry.set_verified(verification.inputs_checked() > 0 &&
                     verification.inputs_matched() == verification.inputs_checked());
  entry.set_run_id(run.summary().run_id());
  entry.set_board_id(run.summary().board_id());
  *entry.mutable_measure_time() = run.finish_time();
  return entry;
}

std::string comparability_of(const GroupKey& key) {
  std::string text;
  switch (timing_source_of(key.timing_source)) {
    case v1::TIMING_SOURCE_INSTRUCTION_COUNT:
      text = "instructions counted by an emulator, not time";
      break;
    case v1::TIMING_SOURCE_HARDWARE_CLOCK:
      text = "time by the boards' own clocks";
      break;
    case v1::TIMING_SOURCE_HOST_CLOCK:
      text = "time of a process on the host";
      break;
    default:
      text = "ticks of an unknown source";
  }
  return text + "; input seed " + std::to_string(key.input_seed);
}

v1::LeaderboardGroup group_of(const GroupKey& key, std::vector<Row> rows, const v1::QueryLeaderboardRequest& request) {
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.score < b.score; });
  std::vector<stats::Rankable> rankables;
  for (const Row& row : rows) {
    stats::Rankable& rankable = rankables.emplace_back();
    rankable.value = row.score;
    rankable.interval = row.entry.latency_interval_ticks();
    // The interval is in ticks, the score may be in time.
    const double ticks = row.entry.latency_median_ticks();
    const double scale = ticks > 0 ? row.score / ticks : 1.0;
    rankable.interval.set_low(rankable.interval.low() * scale);
    rankable.interval.set_high(rankable.interval.high() * scale);
  }
  const std::vector<std::uint32_t> ranks = stats::rank_overlapping(rankables);

  v1::LeaderboardGroup group;
  group.set_model_name(key.model_name);
  group.set_model_sha256(key.model_sha256);
  group.set_emulated(key.emulated != 0);
  group.set_timing_source(timing_source_of(key.timing_source));
  group.set_tick_unit(tick_unit_of(key.tick_unit));
  group.set_comparability(comparability_of(key));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    v1::LeaderboardEntry& entry = rows[i].entry;
    if (!request.board_type().empty() && entry.board_type() != request.board_type()) continue;
    if (!request.runtime().empty() && entry.runtime() != request.runtime()) continue;
    entry.set_rank(ranks[i]);
    *group.add_entries() = std::move(entry);
  }
  return group;
}

GroupKey key_of_row(const Statement& row) {
  return {row.bytes(0), row.bytes(1), row.integer(2), row.bytes(3), row.bytes(4), row.integer(5)};
}

}  // namespace

absl::Status consider_for_leaderboard(Connection& database, std::int64_t run_number) {
  TINYRIG_ASSIGN_OR_RETURN(const v1::Run run, read_run(database, run_number, /*with_result=*/true));
  const v1::RunResult& result = run.result();
  if (run.summary().outcome() != v1::OUTCOME_SUCCEEDED || result.validity() != v1::VALIDITY_VALID ||
      result.latency().count() == 0) {
    return absl::OkStatus();
  }
  TINYRIG_ASSIGN_OR_RETURN(const v1::Model model, find_model(database, run.model_sha256()));
  const std::string entry = entry_of(run, model).SerializeAsString();
  const v1::RunProvenance& provenance = result.provenance();
  return database.execute(
      "INSERT INTO leaderboard (model_name, model_sha256, emulated, timing_source, tick_unit, input_seed, board_type, "
      "runtime, score, run_number, entry) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
      "ON CONFLICT DO UPDATE SET score = excluded.score, run_number = excluded.run_number, entry = excluded.entry "
      "WHERE excluded.score < leaderboard.score",
      model.name(), model.sha256(), provenance.emulated(), column_text(provenance.timing_source()),
      column_text(provenance.tick_unit()), run.settings().input_seed(), run.summary().board_type(),
      run.summary().runtime(), score_of(result), run_number, Blob{entry});
}

absl::Status rebuild_leaderboard(Connection& database) {
  TINYRIG_RETURN_IF_ERROR(database.execute("DELETE FROM leaderboard"));
  Statement results = database.query("SELECT run_number FROM results WHERE validity = 'valid' ORDER BY run_number");
  while (results.next()) TINYRIG_RETURN_IF_ERROR(consider_for_leaderboard(database, results.integer(0)));
  return results.status();
}

absl::StatusOr<v1::QueryLeaderboardResponse> query_leaderboard(Connection& database,
                                                               const v1::QueryLeaderboardRequest& request) {
  TINYRIG_ASSIGN_OR_RETURN(const GroupKey after, parse_token(request.page_token()));
  std::string model_name;
  if (!request.model().empty()) {
    TINYRIG_ASSIGN_OR_RETURN(const v1::Model model, find_model(database, request.model()));
    model_name = model.name();
  }
  const std::uint32_t page_size =
      request.page_size() == 0 ? kDefaultEntries : std::min(request.page_size(), kMaxEntries);

  static const std::string kAll =
      "SELECT model_name, model_sha256, emulated, timing_source, tick_unit, input_seed, score, entry "
      "FROM leaderboard WHERE (model_name, model_sha256, emulated, timing_source, tick_unit, input_seed) > "
      "(?1, ?2, ?3, ?4, ?5, ?6) ";
  static const std::string kOrder =
      "ORDER BY model_name, model_sha256, emulated, timing_source, tick_unit, input_seed, board_type, runtime";
  static const std::string kOneModel = kAll + "AND model_name = ?7 " + kOrder;
  static const std::string kAnyModel = kAll + "AND ?7 = '' " + kOrder;
  Statement statement =
      database.query(model_name.empty() ? kAnyModel : kOneModel, after.model_name, after.model_sha256, after.emulated,
                     after.timing_source, after.tick_unit, after.input_seed, model_name);

  v1::QueryLeaderboardResponse response;
  std::uint32_t entries = 0;
  GroupKey key;
  std::vector<Row> rows;
  const auto close_group = [&] {
    if (rows.empty()) return;
    v1::LeaderboardGroup group = group_of(key, std::exchange(rows, {}), request);
    if (group.entries().empty()) return;
    entries += static_cast<std::uint32_t>(group.entries_size());
    *response.add_groups() = std::move(group);
  };
  while (statement.next()) {
    GroupKey row_key = key_of_row(statement);
    if (row_key != key) {
      const bool first = rows.empty();
      close_group();
      if (!first && entries >= page_size) {
        response.set_next_page_token(token_of(key));
        return response;
      }
      key = std::move(row_key);
    }
    Row& row = rows.emplace_back();
    row.score = statement.real(6);
    TINYRIG_RETURN_IF_ERROR(parse_column(statement.bytes(7), &row.entry));
  }
  TINYRIG_RETURN_IF_ERROR(statement.status());
  close_group();
  return response;
}

}  // namespace tinyrig::store
