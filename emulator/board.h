// What every board of the farm can do, whatever is behind it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "emulator/catalog.h"
#include "emulator/ppk2_port.h"
#include "emulator/serial_line.h"

namespace tinyrig::emulator {

enum class BoardState { kOff, kBlank, kRunning, kCrashed };
const char* name_of(BoardState state);

class Board {
 public:
  Board(std::string id, const EmulatedType& type, std::shared_ptr<SerialLine> line)
      : id_(std::move(id)), type_(type), line_(std::move(line)) {}
  virtual ~Board() = default;

  const std::string& id() const { return id_; }
  const EmulatedType& type() const { return type_; }
  SerialLine& line() { return *line_; }
  /// nullptr: none.
  Ppk2Port* instrument() { return instrument_.get(); }
  /// Before the board is switched on.
  void set_instrument(std::shared_ptr<Ppk2Port> instrument) { instrument_ = std::move(instrument); }
  BoardState state() const { return state_; }
  virtual int pid() const = 0;

  /// Switching on what is on, and off what is off, is fine. A board that crashed is on until switched off.
  virtual boost::asio::awaitable<absl::Status> power_on() = 0;
  virtual boost::asio::awaitable<absl::Status> power_off() = 0;
  /// The reset pin. FAILED_PRECONDITION (BOARD_OFF).
  virtual boost::asio::awaitable<absl::Status> reset() = 0;
  /// The board's process dies at once: a crash, for tests.
  virtual void crash() = 0;

 protected:
  const std::string id_;
  const EmulatedType type_;
  const std::shared_ptr<SerialLine> line_;
  std::shared_ptr<Ppk2Port> instrument_;
  BoardState state_ = BoardState::kOff;
};

}  // namespace tinyrig::emulator
