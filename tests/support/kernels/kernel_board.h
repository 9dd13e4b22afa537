// An emulated board as a bench for kernels: packed images go straight into its memory, the firmware
// tinyrig-kernels runs them, and its lines come back. No farm, no link.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_firmware/kernels_test/job.h"
#include "wire/packed_model/format.h"

namespace tinyrig::test {

/// A job for the board, put together case by case (agent_firmware/kernels_test/job.h).
class KernelJob {
 public:
  explicit KernelJob(kernels_test::JobKind kind) : kind_(kind) {}

  /// `test` without its offsets and sizes; `reference` only for kCompare.
  void add(kernels_test::Case test, std::vector<std::byte> image, std::vector<std::byte> reference = {});

  std::size_t bytes() const;
  std::size_t size() const { return cases_.size(); }
  std::vector<std::byte> build() const;

 private:
  struct Entry {
    kernels_test::Case test;
    std::vector<std::byte> image, reference;
  };
  kernels_test::JobKind kind_;
  std::vector<Entry> cases_;
};

struct KernelBoard {
  std::string id;  // "mps2-an386"
  packed::Core core = packed::Core::kPortable;
  std::uint64_t instruction_ns = 0;
  std::uint64_t slot_address = 0;
  std::uint64_t slot_bytes = 0;
  bool agent_writes_slot = false;
  std::uint64_t model_ram_bytes = 0;
  std::vector<std::string> qemu;  // program and arguments; no firmware yet

  /// Of ticks that the firmware read, at its counter's rate.
  std::uint64_t instructions(std::uint64_t ticks, std::uint64_t ticks_per_second) const;
};

/// Every emulated board of deploy/boards that QEMU runs.
absl::StatusOr<std::vector<KernelBoard>> load_kernel_boards();
absl::StatusOr<KernelBoard> load_kernel_board(const std::string& id);

struct JobOutput {
  std::vector<std::string> lines;    // of the firmware, from "start" to "end"
  std::vector<std::string> windows;  // of window_counter.cpp, when asked for
};

/// An error when the firmware did not get to its end: then its last lines are in the message.
absl::StatusOr<JobOutput> run_job(const KernelBoard& board, const KernelJob& job, std::chrono::seconds patience,
                                  bool count_windows = false);

/// TINYRIG_FIRMWARE_DIR/BOARD/tinyrig-kernels.elf
std::filesystem::path kernels_firmware(const std::string& board);

}  // namespace tinyrig::test
