// A board for one command's use: held already by the user (a token, maintenance, quarantine), or reserved for the
// command and released at its end.
#pragma once

#include <string>

#include "client/connection.h"
#include "client/exit_codes.h"
#include "client/interrupt.h"
#include "tinyrig/v1/board_access.pb.h"

namespace tinyrig::client {

/// Waits until what the board ran when it was held has ended. kDetached: interrupted, it stays held.
ExitCode wait_until_free(const Connection& connection, const std::string& board_id, InterruptWatch& interrupt);

class BorrowedBoard {
 public:
  /// All must outlive this.
  BorrowedBoard(const Connection& connection, InterruptWatch& interrupt, std::string board_id);
  /// Releases what take() reserved.
  ~BorrowedBoard();
  BorrowedBoard(const BorrowedBoard&) = delete;
  BorrowedBoard& operator=(const BorrowedBoard&) = delete;

  /// `token` empty: reserves the board, unless it is in maintenance or quarantine; says so on stderr.
  ExitCode take(const std::string& token, const std::string& owner, const std::string& reason, std::int64_t seconds);
  const v1::BoardAccess& access() const { return access_; }

 private:
  const Connection& connection_;
  InterruptWatch& interrupt_;
  v1::BoardAccess access_;
  bool reserved_ = false;
};

}  // namespace tinyrig::client
