// How a board that does not answer, or fails its check, is brought back: the rungs of a ladder, gentlest first, as data
// of the board type ([[recovery]], deploy/boards/README.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "server/base/toml_reader.h"

namespace tinyrig::boards {

enum class Rung {
  kHello,       // reaches the agent: the line is opened, the agent greeted at any speed it may have
  kReset,       // the chip, by the flasher
  kPowerCycle,  // all that hangs on the outlet
  kFlash,       // the chip's flash, which wears
};

/// "hello", "reset", "power-cycle", "flash"
std::string name_of(Rung rung);

struct RecoveryStep {
  Rung rung = Rung::kHello;
  /// How long the agent may take to answer after it.
  std::chrono::milliseconds patience{3'000};
  /// A rung that did not help is left out for so long; twice as long with every further time, up to a day.
  std::chrono::seconds rest{0};
};

/// What a board type has that states none.
std::vector<RecoveryStep> usual_ladder();

/// Of the board type's [[recovery]] tables; usual_ladder() without any. What is wrong is told by `type`.
std::vector<RecoveryStep> read_ladder(TomlReader& type, const toml::table& table);

/// Which rungs rest. The clock is the caller's, and steady.
class RungRests {
 public:
  using Time = std::chrono::steady_clock::time_point;

  bool rests(Rung rung, Time now) const;
  void failed(const RecoveryStep& step, Time now);
  /// What comes next is another matter: the board is well again, or (of one rung) was away and is back.
  void clear() { rests_.clear(); }
  void clear(Rung rung) { rests_.erase(rung); }

 private:
  struct Rest {
    int failures = 0;
    Time until{};
  };
  std::map<Rung, Rest> rests_;
};

}  // namespace tinyrig::boards
