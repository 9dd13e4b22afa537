// A Transport in front of another one that damages what passes, both ways, by seed.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "server/link/transport.h"

namespace tinyrig::test {

struct LineFaults {
  double flip = 0;       // per byte: one bit turned over
  double drop = 0;       // per byte
  double duplicate = 0;  // per byte
  double lose_all = 0;   // per read or write: all of it
  bool split = false;    // reads come in small pieces
  bool reads_only = false;
};

class FaultyTransport final : public link::Transport {
 public:
  FaultyTransport(std::unique_ptr<link::Transport> line, std::uint32_t seed, LineFaults faults)
      : line_(std::move(line)), random_(seed), faults_(faults) {}

  void set_faults(LineFaults faults) { faults_ = faults; }
  /// While dead, bytes vanish both ways without an error.
  void set_dead(bool dead) { dead_ = dead; }
  /// From this many bytes written on, the line is dead.
  void die_after_bytes(std::uint64_t bytes) { die_after_ = bytes; }

  std::uint64_t damaged_bytes() const { return damaged_; }
  std::uint64_t written_bytes() const { return written_; }

  boost::asio::any_io_executor executor() override { return line_->executor(); }
  boost::asio::awaitable<absl::StatusOr<std::size_t>> read_some(std::span<std::uint8_t> buffer,
                                                                Clock::time_point deadline) override;
  boost::asio::awaitable<absl::Status> write(std::span<const std::uint8_t> bytes, Clock::time_point deadline) override;
  absl::Status set_baud(std::uint32_t baud) override { return line_->set_baud(baud); }
  absl::Status set_dtr(bool on) override { return line_->set_dtr(on); }
  absl::Status set_rts(bool on) override { return line_->set_rts(on); }
  void discard_input() override { line_->discard_input(); }
  void close() override { line_->close(); }

 private:
  bool chance(double p) { return p > 0 && std::uniform_real_distribution<>(0, 1)(random_) < p; }
  std::vector<std::uint8_t> damage(std::span<const std::uint8_t> bytes);

  std::unique_ptr<link::Transport> line_;
  std::mt19937 random_;
  LineFaults faults_;
  bool dead_ = false;
  std::uint64_t die_after_ = UINT64_MAX;
  std::uint64_t written_ = 0;
  std::uint64_t damaged_ = 0;
  std::vector<std::uint8_t> held_;  // read, damaged, not yet handed out
};

}  // namespace tinyrig::test
