// When bytes crossed a board's line, as far as gaps need it: each moment at which the host began to speak after the
// board had. Times are microseconds since 1970, as the store's are.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace tinyrig::bench {

class LineTimes {
 public:
  void from_board(std::int64_t now_us) { board_spoke_us_ = now_us; }
  void from_host(std::int64_t now_us) {
    if (board_spoke_us_ != 0) turns_.push_back({board_spoke_us_, now_us});
    board_spoke_us_ = 0;
  }

  // From the board's last byte of the run that finished to the host's first byte of the run that then began;
  // nullopt when the line does not show both (that run, which ended at `ended_us`, said nothing, say).
  std::optional<std::int64_t> gap_us(std::int64_t finished_us, std::int64_t began_us, std::int64_t ended_us) const;

 private:
  struct Turn {
    std::int64_t board_last_us;
    std::int64_t host_first_us;
  };
  std::int64_t board_spoke_us_ = 0;  // 0: not since the host
  std::vector<Turn> turns_;          // in order of time
};

}  // namespace tinyrig::bench
