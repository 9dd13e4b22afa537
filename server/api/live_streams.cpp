#include "server/api/live_streams.h"

#include <utility>

namespace tinyrig::api {

std::uint64_t LiveStreams::add(std::function<void()> end) {
  std::unique_lock lock(mutex_);
  const std::uint64_t id = ++last_id_;
  if (ended_) {
    lock.unlock();
    end();
  } else {
    end_.emplace(id, std::move(end));
  }
  return id;
}

void LiveStreams::remove(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  end_.erase(id);
}

void LiveStreams::end_all() {
  std::map<std::uint64_t, std::function<void()>> ending;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    ending.swap(end_);
  }
  for (const auto& [id, end] : ending) end();
}

}  // namespace tinyrig::api
