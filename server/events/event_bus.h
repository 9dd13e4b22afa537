// What happens in the daemon, numbered and handed to whoever listens: the dashboard's WebSocket, WatchJob
// and EventService streams.
//
// Sequence numbers rise by one per event. The first of a daemon's life follows from its start time in
// milliseconds, so that a number kept by a client from before a restart is always older than every event
// of now, and resuming from it gives a Resync instead of a silent gap. They stay below 2^53 (JavaScript).
//
// Thread-safe. A publisher never waits for a subscriber: each has a bounded queue which drops its oldest
// events and says so by one Resync event in their place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/base/clock.h"
#include "tinyrig/v1/event.pb.h"

namespace tinyrig::events {

/// Says whether a subscriber wants an event. Called under the bus's lock: quick, no calls into the bus.
using Filter = std::function<bool(const v1::Event&)>;

/// Called when events wait after there were none, from the publisher's thread: it must only post onward.
/// It is not called again until poll() has emptied the queue.
using Notify = std::function<void()>;

namespace internal {
struct Subscriber;
}

/// One listener. Destroying it ends the subscription; when the destructor has returned, Notify is not
/// running and will not be called. (So it must not be destroyed from inside its own Notify.)
class Subscription {
 public:
  explicit Subscription(std::shared_ptr<internal::Subscriber> subscriber);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  /// Up to `max` events in order of sequence; empty when none wait. A Resync comes first when events
  /// were lost; its sequence is that of the last one lost, so resuming after it works.
  std::vector<v1::Event> poll(std::size_t max);

 private:
  std::shared_ptr<internal::Subscriber> subscriber_;
};

class EventBus {
 public:
  static constexpr std::size_t kDefaultRingEvents = 10'000;
  static constexpr std::size_t kDefaultQueueEvents = 1'000;

  /// `epoch`: random per daemon start. The clock must outlive the bus.
  EventBus(const Clock& clock, std::string epoch, std::size_t ring_events = kDefaultRingEvents);
  /// Subscriptions may outlive the bus; they get nothing more.
  ~EventBus();
  EventBus(const EventBus&) = delete;
  EventBus& operator=(const EventBus&) = delete;

  /// Fills in sequence, time and epoch, and hands the event on. Returns its sequence.
  std::uint64_t publish(v1::Event event);

  /// `after_sequence` 0: events from now on. Otherwise everything after it that `filter` lets through;
  /// when the ring no longer holds all of it (or the number is none of ours), a Resync comes first.
  /// `filter` may be empty (everything), so may `notify` (the caller polls).
  std::unique_ptr<Subscription> subscribe(std::uint64_t after_sequence, Filter filter, Notify notify,
                                          std::size_t capacity = kDefaultQueueEvents);

  const std::string& epoch() const { return epoch_; }
  /// Sequence of the newest event (or the number before the first one).
  std::uint64_t last_sequence() const;

 private:
  const Clock& clock_;
  const std::string epoch_;
  const std::size_t ring_events_;
  mutable std::mutex mutex_;
  std::uint64_t last_sequence_;                                     // guarded by mutex_
  std::deque<std::shared_ptr<const v1::Event>> ring_;               // guarded by mutex_
  std::vector<std::shared_ptr<internal::Subscriber>> subscribers_;  // guarded by mutex_
};

/// A new random epoch: 16 hex digits from the system's random source.
std::string random_epoch();

}  // namespace tinyrig::events
