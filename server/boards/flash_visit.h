// A person flashes a board: the agent that is kept for it, or firmware of their own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/boards/board_keeper.h"
#include "server/boards/visit.h"
#include "server/flash/flasher.h"

namespace tinyrig::boards {

// Called on the board's strand.
struct FlashHooks {
  flash::Progress progress;
  // Once, at the end: as BoardKeeper::flash_by_hand(), or why it was refused or ended.
  std::function<void(absl::StatusOr<HandFlashed>)> ended;
};

class FlashVisit final : public Visit {
 public:
  // `image` nullopt: the agent. `owner`: for the board's log.
  FlashVisit(std::optional<flash::FirmwareImage> image, std::string owner, FlashHooks hooks);

  boost::asio::awaitable<void> run(BoardKeeper& keeper) override;
  void refuse(absl::Status why) override;
  void end(absl::Status why) override;

 private:
  const std::optional<flash::FirmwareImage> image_;
  const std::string owner_;
  const FlashHooks hooks_;
  BoardKeeper* keeper_ = nullptr;  // while run()
  std::optional<absl::Status> end_;
};

}  // namespace tinyrig::boards
