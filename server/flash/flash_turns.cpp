#include "server/flash/flash_turns.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>
#include <vector>

#include "server/base/use_tuple.h"

namespace tinyrig::flash {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

}  // namespace

struct FlashTurns::Turn::Place {
  explicit Place(const asio::any_io_executor& executor) : timer(executor) {}

  asio::steady_timer timer;  // the executor's, as is `cancelled`; nobody waits for its time
  bool cancelled = false;
  bool may_go = false;  // guarded by the mutex of the turns
};

FlashTurns::Turn::Turn(std::shared_ptr<FlashTurns> turns, std::string controller, const asio::any_io_executor& executor)
    : turns_(std::move(turns)), controller_(std::move(controller)), place_(std::make_shared<Place>(executor)) {
  const std::lock_guard lock(turns_->mutex_);
  Line& line = turns_->lines_[controller_];
  line.push_back(place_);
  turns_->let_go(line);
}

FlashTurns::Turn::~Turn() {
  const std::lock_guard lock(turns_->mutex_);
  Line& line = turns_->lines_[controller_];
  line.remove(place_);
  turns_->let_go(line);
  if (line.empty()) turns_->lines_.erase(controller_);
}

awaitable<absl::Status> FlashTurns::Turn::come() {
  const auto may_go = [this] {
    const std::lock_guard lock(turns_->mutex_);
    return place_->may_go;
  };
  while (!place_->cancelled && !may_go()) {
    place_->timer.expires_at(asio::steady_timer::time_point::max());
    auto waiting = place_->timer.async_wait(kUseTuple);
    co_await std::move(waiting);
  }
  co_return place_->cancelled ? absl::CancelledError("flashing was stopped") : absl::OkStatus();
}

void FlashTurns::Turn::cancel() {
  place_->cancelled = true;
  place_->timer.cancel();
}

void FlashTurns::let_go(const Line& line) {
  std::size_t at_it = 0;
  for (const auto& place : line) {
    if (++at_it > at_once_) break;
    if (std::exchange(place->may_go, true)) continue;
    // By its executor, after come() has begun to wait.
    asio::post(place->timer.get_executor(), [place] { place->timer.cancel(); });
  }
}

namespace {

class TurnTakingFlasher final : public Flasher {
 public:
  TurnTakingFlasher(std::unique_ptr<Flasher> flasher, std::shared_ptr<FlashTurns> turns,
                    std::function<std::string()> controller)
      : flasher_(std::move(flasher)), turns_(std::move(turns)), controller_(std::move(controller)) {}

  awaitable<absl::StatusOr<FlashReport>> flash(const FirmwareImage& image, Progress progress) override {
    const auto executor = co_await asio::this_coro::executor;
    const std::string controller = controller_();
    std::shared_ptr<FlashTurns::Turn> turn;  // until the call has ended
    if (!controller.empty()) {
      turn = std::make_shared<FlashTurns::Turn>(turns_, controller, executor);
      waiting_ = turn;
      auto coming = turn->come();
      const absl::Status came = co_await std::move(coming);
      if (!came.ok()) co_return came;
    }
    auto flashing = flasher_->flash(image, std::move(progress));
    co_return co_await std::move(flashing);
  }

  awaitable<absl::StatusOr<std::vector<std::uint8_t>>> read(std::uint32_t address, std::size_t size) override {
    return flasher_->read(address, size);
  }
  awaitable<absl::Status> reset() override { return flasher_->reset(); }
  bool can_reset() const override { return flasher_->can_reset(); }
  void cancel() override {
    if (const auto turn = waiting_.lock(); turn != nullptr) turn->cancel();
    flasher_->cancel();
  }
  bool takes_port() const override { return flasher_->takes_port(); }
  bool waits_for_firmware() const override { return flasher_->waits_for_firmware(); }

 private:
  const std::unique_ptr<Flasher> flasher_;
  const std::shared_ptr<FlashTurns> turns_;
  const std::function<std::string()> controller_;
  std::weak_ptr<FlashTurns::Turn> waiting_;
};

}  // namespace

std::unique_ptr<Flasher> make_turn_taking_flasher(std::unique_ptr<Flasher> flasher, std::shared_ptr<FlashTurns> turns,
                                                  std::function<std::string()> controller) {
  return std::make_unique<TurnTakingFlasher>(std::move(flasher), std::move(turns), std::move(controller));
}

}  // namespace tinyrig::flash
