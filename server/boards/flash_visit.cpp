#include "server/boards/flash_visit.h"

#include <utility>

namespace tinyrig::boards {

FlashVisit::FlashVisit(std::optional<flash::FirmwareImage> image, std::string owner, FlashHooks hooks)
    : image_(std::move(image)), owner_(std::move(owner)), hooks_(std::move(hooks)) {}

boost::asio::awaitable<void> FlashVisit::run(BoardKeeper& keeper) {
  keeper_ = &keeper;
  absl::StatusOr<HandFlashed> flashed =
      co_await keeper.flash_by_hand(image_.has_value() ? &*image_ : nullptr, owner_, hooks_.progress);
  keeper_ = nullptr;
  if (!flashed.ok() && end_.has_value()) flashed = *end_;
  hooks_.ended(std::move(flashed));
}

void FlashVisit::refuse(absl::Status why) { hooks_.ended(std::move(why)); }

void FlashVisit::end(absl::Status why) {
  if (end_.has_value()) return;
  end_ = std::move(why);
  if (keeper_ != nullptr) keeper_->cancel_flashing();
}

}  // namespace tinyrig::boards
