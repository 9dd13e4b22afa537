#include "emulator/window_replay.h"

#include <algorithm>

namespace tinyrig::emulator {

void WindowReplay::take(std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) {
    record_[record_bytes_++] = byte;
    if (record_bytes_ < record_.size()) continue;
    trigger_line::Kind kind{};
    std::uint64_t number = 0;
    if (trigger_line::decode(record_, kind, number)) {
      record_bytes_ = 0;
      take(kind, number);
    } else {
      // It may begin at any later byte.
      std::shift_left(record_.begin(), record_.end(), 1);
      --record_bytes_;
    }
  }
}

void WindowReplay::take(trigger_line::Kind kind, std::uint64_t number) {
  switch (kind) {
    case trigger_line::Kind::kRate:  // the board has started
      rose_at_.reset();
      ticks_per_second_ = number;
      return;
    case trigger_line::Kind::kRose:
      rose_at_.reset();
      if (streams_ && ticks_per_second_ > 0) rose_at_ = number;
      return;
    case trigger_line::Kind::kFell:
      if (rose_at_.has_value() && number > *rose_at_) queue_window(number - *rose_at_);
      rose_at_.reset();
      return;
  }
}

void WindowReplay::queue_window(std::uint64_t ticks) {
  using Wide = unsigned __int128;
  const Wide scaled = static_cast<Wide>(ticks) * Ppk2Simulator::kSamplesPerSecond;
  const Wide whole = scaled / ticks_per_second_;
  if (whole > Wide{kLongestWindow_s} * Ppk2Simulator::kSamplesPerSecond || windows_.size() >= kMostWindows) {
    ++dropped_;
    return;
  }
  const auto rest = static_cast<std::uint64_t>(scaled % ticks_per_second_);
  windows_.push_back(
      {static_cast<std::uint64_t>(whole), static_cast<double>(rest) / static_cast<double>(ticks_per_second_)});
}

void WindowReplay::set_powered(bool powered) {
  powered_ = powered;
  rose_at_.reset();
  record_bytes_ = 0;
  ticks_per_second_ = 0;
}

void WindowReplay::set_streaming(bool streams) {
  streams_ = streams;
  rose_at_.reset();
  windows_.clear();
  low_samples_ = 0;
}

InstrumentInput WindowReplay::next() {
  if (low_samples_ < kShortestLowSamples || windows_.empty()) {
    if (low_samples_ < kShortestLowSamples) ++low_samples_;
    return {idle_ua(), 0};
  }
  Window& window = windows_.front();
  InstrumentInput input{static_cast<double>(current_.active_ua), 1};
  if (window.whole_samples > 0) {
    --window.whole_samples;
  } else {
    // It ends within this sample, whose current is the mean of both; D0 is what it is in the middle.
    input = {idle_ua() + window.last_part * (current_.active_ua - idle_ua()),
             static_cast<std::uint8_t>(window.last_part >= 0.5)};
    window.last_part = 0;
  }
  if (window.whole_samples == 0 && window.last_part == 0) {
    windows_.pop_front();
    low_samples_ = 0;
  }
  return input;
}

}  // namespace tinyrig::emulator
