#include "emulator/board.h"

namespace tinyrig::emulator {

const char* name_of(BoardState state) {
  switch (state) {
    case BoardState::kOff:
      return "off";
    case BoardState::kBlank:
      return "blank";
    case BoardState::kRunning:
      return "running";
    case BoardState::kCrashed:
      return "crashed";
  }
  return "unknown";
}

}  // namespace tinyrig::emulator
