#include "server/boards/recovery_ladder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tinyrig::boards {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::pair<Rung, const char*> kNames[] = {
    {Rung::kHello, "hello"}, {Rung::kReset, "reset"}, {Rung::kPowerCycle, "power-cycle"}, {Rung::kFlash, "flash"}};
constexpr std::uint64_t kLongestPatienceMs = 600'000;
constexpr seconds kLongestRest = hours(24);

// What a table leaves out is as in the usual ladder.
RecoveryStep usual(Rung rung) {
  for (const RecoveryStep& step : usual_ladder()) {
    if (step.rung == rung) return step;
  }
  return {};
}

}  // namespace

std::string name_of(Rung rung) {
  const auto* const found =
      std::find_if(std::begin(kNames), std::end(kNames), [rung](const auto& entry) { return entry.first == rung; });
  return found == std::end(kNames) ? "?" : found->second;
}

std::vector<RecoveryStep> usual_ladder() {
  return {{Rung::kHello, milliseconds(1'500), seconds(0)},
          {Rung::kReset, milliseconds(3'000), seconds(0)},
          {Rung::kPowerCycle, milliseconds(3'000), seconds(60)},
          // 10,000 times is what flash endures: a board that stays dead costs nine of them in two days, then one a day.
          {Rung::kFlash, milliseconds(3'000), seconds(600)}};
}

std::vector<RecoveryStep> read_ladder(TomlReader& type, const toml::table& table) {
  const toml::array* const rungs = type.array("recovery");
  if (rungs == nullptr) return usual_ladder();
  std::vector<RecoveryStep> ladder;
  for (const toml::node& node : *rungs) {
    const std::string what = absl::StrCat("recovery #", ladder.size() + 1);
    const toml::table* const rung = node.as_table();
    if (rung == nullptr) {
      type.fail(node, absl::StrCat(what, " must be a table"));
      return ladder;
    }
    TomlReader reader = type.inner(*rung, what);
    const std::string name = reader.text("rung");
    const auto* const known =
        std::find_if(std::begin(kNames), std::end(kNames), [&name](const auto& entry) { return name == entry.second; });
    if (known == std::end(kNames)) {
      reader.fail(*rung, "'rung' must be one of hello, reset, power-cycle, flash");
    } else {
      RecoveryStep step = usual(known->first);
      const std::uint64_t patience_ms = reader.number("patience_ms", static_cast<std::uint64_t>(step.patience.count()));
      const std::uint64_t rest_s = reader.number("rest_s", static_cast<std::uint64_t>(step.rest.count()));
      if (patience_ms == 0 || patience_ms > kLongestPatienceMs) {
        reader.fail(*rung, "'patience_ms' must be from 1 to 600000");
      }
      if (rest_s > static_cast<std::uint64_t>(kLongestRest.count())) {
        reader.fail(*rung, "'rest_s' must be at most 86400, a day");
      }
      if (step.rung == Rung::kHello && rest_s != 0) reader.fail(*rung, "'hello' cannot rest: it says how the board is");
      step.patience = milliseconds(patience_ms);
      step.rest = seconds(rest_s);
      const bool in_order = ladder.empty() ? step.rung == Rung::kHello : ladder.back().rung < step.rung;
      if (!in_order) reader.fail(*rung, "rungs go from hello up: hello, reset, power-cycle, flash, each at most once");
      ladder.push_back(step);
    }
    type.take(reader.finish());
  }
  if (ladder.empty()) type.fail(table, "'recovery' has no rungs; leave it out for the usual ones");
  return ladder;
}

bool RungRests::rests(Rung rung, Time now) const {
  const auto rest = rests_.find(rung);
  return rest != rests_.end() && now < rest->second.until;
}

void RungRests::failed(const RecoveryStep& step, Time now) {
  constexpr int kMostDoublings = 20;
  Rest& rest = rests_[step.rung];
  const int doublings = std::min(rest.failures++, kMostDoublings);
  rest.until = now + std::min(step.rest * (1 << doublings), kLongestRest);
}

}  // namespace tinyrig::boards
