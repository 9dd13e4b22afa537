#include "tests/bench/farm/line_times.h"

#include <algorithm>

namespace tinyrig::bench {

std::optional<std::int64_t> LineTimes::gap_us(std::int64_t finished_us, std::int64_t began_us,
                                              std::int64_t ended_us) const {
  const auto turn = std::lower_bound(turns_.begin(), turns_.end(), began_us,
                                     [](const Turn& one, std::int64_t time) { return one.host_first_us < time; });
  if (turn == turns_.end() || turn->board_last_us > finished_us || turn->host_first_us > ended_us) return std::nullopt;
  return turn->host_first_us - turn->board_last_us;
}

}  // namespace tinyrig::bench
