#include "server/daemon/storage_keeper.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "server/base/error.h"

namespace tinyrig::daemon {

struct StorageKeeper::Pass {
  Pass(store::Store& the_store, const Clock& the_clock) : store(the_store), clock(the_clock) {}

  // Steps follow each other on the store's writer thread, each queued behind what waits already.
  static void step(const std::shared_ptr<Pass>& pass) {
    pass->store.retain(pass->clock.now(), [pass](absl::StatusOr<store::RetentionStep> did) {
      if (did.ok()) {
        pass->failing = false;
        pass->removed += did->removed;
        pass->removed_bytes += did->removed_bytes;
        pass->returned_bytes += did->returned_bytes;
        if (did->more && !pass->stopped) return step(pass);
      } else if (!std::exchange(pass->failing, true)) {
        spdlog::warn("retention: {}", std::string(did.status().message()));
      }
      pass->end();
    });
  }

  void end() {
    if (removed > 0 || returned_bytes > 0) {
      spdlog::info("retention: {} removed ({} bytes), {} bytes given back to the disk", removed, removed_bytes,
                   returned_bytes);
    }
    removed = removed_bytes = returned_bytes = 0;
    under_way = false;
  }

  store::Store& store;
  const Clock& clock;
  std::atomic<bool> under_way = false;
  std::atomic<bool> stopped = false;
  // Of the pass under way.
  std::uint64_t removed = 0;
  std::uint64_t removed_bytes = 0;
  std::uint64_t returned_bytes = 0;
  // Said once, not every minute.
  bool failing = false;
};

StorageKeeper::StorageKeeper(store::Store& store, const Clock& clock)
    : store_(store), pass_(std::make_shared<Pass>(store, clock)) {}

StorageKeeper::~StorageKeeper() { pass_->stopped = true; }

void StorageKeeper::look() {
  if (pass_->under_way.exchange(true)) return;
  Pass::step(pass_);
}

bool StorageKeeper::look_at_disk() {
  store_.look_at_disk();
  const absl::Status intake = store_.intake();
  if (!intake.ok()) look();
  const bool was_closed = std::exchange(closed_, !intake.ok());
  if (closed_ && !was_closed) {
    spdlog::error("nothing new is taken in: {}. {}", std::string(intake.message()), hint_of(intake));
  }
  if (closed_ || !was_closed) return false;
  spdlog::info("there is room on the disk again: submissions and uploads are taken, boards get work");
  return true;
}

}  // namespace tinyrig::daemon
