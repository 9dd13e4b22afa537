// A third party's board, written from the protocol of MLPerf Tiny alone: one end of a line in memory, with the oddities
// of public logs to switch on. Nothing waits: when it has nothing to say, a read is over its deadline at once.
#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/link/transport.h"

namespace tinyrig::test {

struct DutOddities {
  bool late_banner = false;      // it boots when the first command has come, which it answers all the same
  bool partial_banner = false;   // the port's opening resets it
  int deaf_names = 0;            // the first so many `name` get no answer
  bool echoes = false;           // "Received command: ..." before each answer, as streaming wakeword has it
  bool talks = false;            // free text, CR and NUL between messages
  bool interface_board = false;  // "[dut]: " in front
  bool trailing_comma = false;   // m-results-[1,2,]
  bool logits = false;           // results are no probabilities
  bool energy_build = false;     // no times
  bool narrow_clock = false;     // 32 bits, and about to wrap
  bool loses_load_done = false;  // the last piece of an input is never confirmed
  bool other_count = false;      // m-infer-start says another number
  bool never_ready = false;      // an endless answer to infer
  std::string error;             // to every infer
  int silent_after = -1;         // commands, then it is dead
  bool unplugged = false;        // then the line is gone
};

class SimulatedDut final : public link::Transport {
 public:
  using Executor = boost::asio::any_io_executor;
  /// What it computes for an input; its label at best.
  using Model = std::function<std::vector<double>(const std::vector<std::uint8_t>&)>;

  SimulatedDut(Executor executor, std::string model, std::size_t input_bytes, double seconds_per_inference,
               Model compute, DutOddities oddities = {})
      : executor_(std::move(executor)),
        model_(std::move(model)),
        input_bytes_(input_bytes),
        us_per_inference_(seconds_per_inference * 1e6),
        compute_(std::move(compute)),
        odd_(std::move(oddities)) {
    if (odd_.narrow_clock) now_us_ = 4'294'967'296.0 - 15e6;
    if (odd_.partial_banner) say_raw("ance\r\nm-lap-us-17\r\nm-init-done\r\nm-ready\r\n");
  }

  std::vector<std::string> commands;
  /// In bytes, its '%' counted.
  std::size_t longest_command = 0;

  Executor executor() override { return executor_; }
  boost::asio::awaitable<absl::StatusOr<std::size_t>> read_some(std::span<std::uint8_t> buffer,
                                                                Clock::time_point) override {
    if (unplugged_) co_return make_error(absl::StatusCode::kUnavailable, "UNPLUGGED", "the line is gone");
    if (out_.empty()) co_return absl::DeadlineExceededError("nothing came");
    // In odd pieces, as lines come.
    const std::size_t count = std::min({buffer.size(), out_.size(), std::size_t{7}});
    std::copy_n(out_.begin(), count, buffer.begin());
    out_.erase(0, count);
    co_return count;
  }
  boost::asio::awaitable<absl::Status> write(std::span<const std::uint8_t> bytes, Clock::time_point) override {
    if (unplugged_) co_return make_error(absl::StatusCode::kUnavailable, "UNPLUGGED", "the line is gone");
    for (const std::uint8_t byte : bytes) {
      if (byte != '%') {
        in_ += static_cast<char>(byte);
        continue;
      }
      const std::string command = std::exchange(in_, {});
      longest_command = std::max(longest_command, command.size() + 1);
      commands.push_back(command);
      obey(command);
    }
    co_return absl::OkStatus();
  }
  absl::Status set_baud(std::uint32_t) override { return absl::OkStatus(); }
  absl::Status set_dtr(bool) override { return absl::OkStatus(); }
  absl::Status set_rts(bool) override { return absl::OkStatus(); }
  void discard_input() override {
    if (!odd_.partial_banner && !late_) out_.clear();
    odd_.partial_banner = false;  // what was on its way comes all the same
  }
  void close() override {}

 private:
  void say_raw(const std::string& text) { out_ += text; }
  void say(const std::string& message) {
    if (odd_.talks) say_raw(std::string("\0debug: heap 1234\r\n\r\n", 20));
    say_raw((odd_.interface_board ? "[dut]: " : "") + message + "\r\n");
  }
  void lap() {
    if (odd_.energy_build) return;
    const auto us = static_cast<unsigned long long>(now_us_);
    say("m-lap-us-" + std::to_string(odd_.narrow_clock ? us % 4'294'967'296ULL : us));
  }

  void obey(const std::string& command) {
    if (odd_.silent_after >= 0 && static_cast<int>(commands.size()) > odd_.silent_after) {
      unplugged_ = odd_.unplugged;
      return;
    }
    if (std::exchange(odd_.late_banner, false)) say_raw("m-timestamp-mode-performance\r\nm-init-done\r\nm-ready\r\n");
    if (odd_.echoes) say("Received command: " + command);
    if (command == "name") {
      if (odd_.deaf_names-- > 0) return;
      say("m-name-dut-[someone's]");
    } else if (command == "profile") {
      say("m-profile-[ULPMark for tinyML Firmware V0.0.1]");
      say("m-model-[" + model_ + "]");
    } else if (command == "timestamp") {
      lap();
    } else if (command.starts_with("db load ")) {
      expected_ = std::stoul(command.substr(8));
      input_.clear();
      if (expected_ > input_bytes_) {
        say_raw("Supplied buffer size " + std::to_string(expected_) + " exceeds maximum of " +
                std::to_string(input_bytes_) + "\n");
      } else {
        say("m-[Expecting " + std::to_string(expected_) + " bytes]");
      }
    } else if (command.starts_with("db ")) {
      for (std::size_t i = 3; i + 1 < command.size(); i += 2) {
        input_.push_back(static_cast<std::uint8_t>(std::stoul(command.substr(i, 2), nullptr, 16)));
      }
      if (odd_.echoes) say(std::to_string(input_.size()) + " bytes received");
      if (input_.size() == expected_ && !odd_.loses_load_done) say("m-load-done");
    } else if (command.starts_with("infer ")) {
      infer(command);
    } else {
      say("e-[Unknown command: " + command + "]");
    }
    say("m-ready");
  }

  void infer(const std::string& command) {
    unsigned long count = 0, warmup = 0;
    std::sscanf(command.c_str(), "infer %lu %lu", &count, &warmup);
    if (!odd_.error.empty()) {
      say(odd_.error);
      return;
    }
    for (int i = 0; odd_.never_ready && i < 30'000; ++i) say("m-still-at-it");
    say("m-warmup-start-" + std::to_string(warmup));
    now_us_ += us_per_inference_ * static_cast<double>(warmup);
    say("m-warmup-done");
    say("m-infer-start-" + std::to_string(odd_.other_count ? count + 1 : count));
    lap();
    now_us_ += us_per_inference_ * static_cast<double>(count);
    lap();
    say("m-infer-done");
    std::string results;
    for (const double value : compute_(input_)) {
      char text[32];
      std::snprintf(text, sizeof text, odd_.logits ? "%.0f" : "%.3f", odd_.logits ? value * 255 - 128 : value);
      results += (results.empty() ? "" : ",") + std::string(text);
    }
    say("m-results-[" + results + (odd_.trailing_comma ? ",]" : "]"));
  }

  Executor executor_;
  const std::string model_;
  const std::size_t input_bytes_;
  const double us_per_inference_;
  const Model compute_;
  DutOddities odd_;
  const bool late_ = odd_.late_banner;  // what it says is still on its way when a host drops what came
  double now_us_ = 1e6;
  std::string in_, out_;
  std::size_t expected_ = 0;
  std::vector<std::uint8_t> input_;
  bool unplugged_ = false;
};

/// Twelve words: the class is the input's first byte.
inline std::vector<double> first_byte_of_twelve(const std::vector<std::uint8_t>& input) {
  std::vector<double> results(12, 0.0);
  if (!input.empty()) results[input[0] % 12] = 0.996;
  return results;
}

}  // namespace tinyrig::test
