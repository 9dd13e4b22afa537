#include "server/events/event_bus.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"

namespace tinyrig::events {
namespace internal {

struct Subscriber {
  Filter filter;
  std::size_t capacity = 1;

  std::mutex queue_mutex;
  std::deque<std::shared_ptr<const v1::Event>> queue;  // guarded by queue_mutex
  std::uint64_t dropped = 0;                           // guarded by queue_mutex; of the Resync to come
  std::uint64_t last_dropped_sequence = 0;             // guarded by queue_mutex
  std::string epoch;

  // Held while Notify runs, so that the end of a subscription can wait for it. Never held with queue_mutex.
  std::mutex notify_mutex;
  Notify notify;  // guarded by notify_mutex

  /// True when there was nothing to poll before.
  bool push(std::shared_ptr<const v1::Event> event) {
    const std::lock_guard lock(queue_mutex);
    const bool was_empty = queue.empty() && dropped == 0;
    if (queue.size() == capacity) {
      last_dropped_sequence = queue.front()->sequence();
      ++dropped;
      queue.pop_front();
    }
    queue.push_back(std::move(event));
    return was_empty;
  }

  void tell() {
    const std::lock_guard lock(notify_mutex);
    if (notify) notify();
  }
};

}  // namespace internal

namespace {

void set_time(google::protobuf::Timestamp* stamp, absl::Time time) {
  const std::int64_t seconds = absl::ToUnixSeconds(time);
  stamp->set_seconds(seconds);
  stamp->set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

// 1024 numbers per millisecond of start time: more than are ever published, less than 2^53 until 2248.
std::uint64_t sequence_before_first(absl::Time start) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(absl::ToUnixMillis(start), 1)) * 1024;
}

}  // namespace

Subscription::Subscription(std::shared_ptr<internal::Subscriber> subscriber) : subscriber_(std::move(subscriber)) {}

Subscription::~Subscription() {
  const std::lock_guard lock(subscriber_->notify_mutex);
  subscriber_->notify = nullptr;
}

std::vector<v1::Event> Subscription::poll(std::size_t max) {
  std::vector<v1::Event> events;
  const std::lock_guard lock(subscriber_->queue_mutex);
  if (max == 0) return events;
  if (subscriber_->dropped > 0) {
    v1::Event& resync = events.emplace_back();
    resync.set_sequence(subscriber_->last_dropped_sequence);
    resync.set_epoch(subscriber_->epoch);
    if (!subscriber_->queue.empty()) *resync.mutable_time() = subscriber_->queue.front()->time();
    resync.mutable_resync()->set_dropped(subscriber_->dropped);
    subscriber_->dropped = 0;
  }
  while (events.size() < max && !subscriber_->queue.empty()) {
    events.push_back(*subscriber_->queue.front());
    subscriber_->queue.pop_front();
  }
  return events;
}

EventBus::EventBus(const Clock& clock, std::string epoch, std::size_t ring_events)
    : clock_(clock),
      epoch_(std::move(epoch)),
      ring_events_(std::max<std::size_t>(ring_events, 1)),
      last_sequence_(sequence_before_first(clock.now())) {}

EventBus::~EventBus() = default;

std::uint64_t EventBus::publish(v1::Event event) {
  std::vector<std::shared_ptr<internal::Subscriber>> to_tell;
  std::uint64_t sequence = 0;
  {
    const std::lock_guard lock(mutex_);
    sequence = ++last_sequence_;
    event.set_sequence(sequence);
    event.set_epoch(epoch_);
    set_time(event.mutable_time(), clock_.now());
    const auto shared = std::make_shared<const v1::Event>(std::move(event));
    ring_.push_back(shared);
    if (ring_.size() > ring_events_) ring_.pop_front();
    // A subscriber that only the bus still holds has ended.
    std::erase_if(subscribers_, [](const auto& subscriber) { return subscriber.use_count() == 1; });
    for (const auto& subscriber : subscribers_) {
      if (subscriber->filter && !subscriber->filter(*shared)) continue;
      if (subscriber->push(shared)) to_tell.push_back(subscriber);
    }
  }
  for (const auto& subscriber : to_tell) subscriber->tell();
  return sequence;
}

std::unique_ptr<Subscription> EventBus::subscribe(std::uint64_t after_sequence, Filter filter, Notify notify,
                                                  std::size_t capacity) {
  auto subscriber = std::make_shared<internal::Subscriber>();
  subscriber->filter = std::move(filter);
  subscriber->capacity = std::max<std::size_t>(capacity, 1);
  subscriber->notify = std::move(notify);
  subscriber->epoch = epoch_;
  bool waiting = false;
  {
    const std::lock_guard lock(mutex_);
    if (after_sequence != 0) {
      const std::uint64_t oldest_held = ring_.empty() ? last_sequence_ + 1 : ring_.front()->sequence();
      const bool unknown_number = after_sequence > last_sequence_;
      if (unknown_number || after_sequence + 1 < oldest_held) {
        subscriber->dropped = unknown_number ? 1 : oldest_held - after_sequence - 1;
        subscriber->last_dropped_sequence = oldest_held - 1;
        waiting = true;
      }
      for (const auto& event : ring_) {
        if (!unknown_number && event->sequence() <= after_sequence) continue;
        if (subscriber->filter && !subscriber->filter(*event)) continue;
        subscriber->push(event);
        waiting = true;
      }
    }
    subscribers_.push_back(subscriber);
  }
  auto subscription = std::make_unique<Subscription>(subscriber);
  if (waiting) subscriber->tell();
  return subscription;
}

std::uint64_t EventBus::last_sequence() const {
  const std::lock_guard lock(mutex_);
  return last_sequence_;
}

std::string random_epoch() {
  std::array<unsigned char, 8> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace tinyrig::events
