// What an instrument sees of an emulated board: a stated current, idle or active, and D0 high while the board measures.
// The board says when it measured by records on its trigger line (wire/trigger_line.h). Its time is not ours, so a
// window is replayed after it has ended, as long as it was by the board's own clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include "emulator/ppk2_simulator.h"
#include "wire/trigger_line.h"

namespace tinyrig::emulator {

struct CurrentModel {
  std::uint32_t idle_ua = 0;
  std::uint32_t active_ua = 0;  // within windows
};

class WindowReplay {
 public:
  // Between two windows, and before the first.
  static constexpr std::uint64_t kShortestLowSamples = Ppk2Simulator::kSamplesPerSecond / 1000;
  static constexpr std::size_t kMostWindows = 1024;       // that wait; later ones are dropped
  static constexpr std::uint64_t kLongestWindow_s = 600;  // a longer one is dropped

  explicit WindowReplay(CurrentModel current) : current_(current) {}

  /// Bytes of the trigger line, cut anywhere. What is no record is skipped.
  void take(std::span<const std::uint8_t> bytes);
  /// The board got or lost its power: the window that it was in does not end.
  void set_powered(bool powered);
  /// The instrument begins or ends its stream. Only a window that begins while it streams is seen, in that stream.
  void set_streaming(bool streams);

  /// For the next sample period.
  InstrumentInput next();

  std::size_t waiting_windows() const { return windows_.size(); }
  std::uint64_t dropped_windows() const { return dropped_; }

 private:
  struct Window {
    std::uint64_t whole_samples = 0;
    double last_part = 0;  // of one more sample
  };
  void take(trigger_line::Kind kind, std::uint64_t number);
  void queue_window(std::uint64_t ticks);
  double idle_ua() const { return powered_ ? current_.idle_ua : 0; }

  const CurrentModel current_;
  trigger_line::Record record_{};
  std::size_t record_bytes_ = 0;
  bool powered_ = false;
  bool streams_ = false;
  std::uint64_t ticks_per_second_ = 0;  // 0: not said yet
  std::optional<std::uint64_t> rose_at_;
  std::deque<Window> windows_;
  std::uint64_t low_samples_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace tinyrig::emulator
