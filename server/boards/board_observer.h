// Who is told what boards go through.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "tinyrig/v1/board.pb.h"
#include "wire/link/endpoint.h"

namespace tinyrig::boards {

/// Called on the boards' strands, for many of them at once: quick, thread-safe.
class BoardObserver {
 public:
  virtual ~BoardObserver() = default;
  /// A rung of the ladder ("hello", "reset", ...) was tried; helped: the board was ready after it.
  virtual void on_rung(const v1::Board& board, const std::string& rung, bool helped) = 0;
  /// Firmware was written to the board's flash, or was not for that reason.
  virtual void on_firmware_write(const v1::Board& board, const absl::Status& end) = 0;
  /// The board's model slot is being written.
  virtual void on_slot_write(const v1::Board& board) = 0;
  /// What went over its line since it was told last.
  virtual void on_line(const v1::Board& board, const link::Counters& since) = 0;
  /// What was done over its line ended with this reason: AGENT_SILENT, BOARD_RESET, ..., or one that has nothing to do
  /// with the line.
  virtual void on_trouble(const v1::Board& board, const std::string& reason) = 0;
};

}  // namespace tinyrig::boards
