#include "server/api/event_feed.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace tinyrig::api {
namespace {

constexpr std::size_t kBatchEvents = 64;

}  // namespace

EventFeed::EventFeed(boost::asio::any_io_executor strand) : strand_(std::move(strand)) {}

void EventFeed::set_consumer(Consumer consumer) { consumer_ = std::move(consumer); }

void EventFeed::start(events::EventBus& bus, std::uint64_t after, events::Filter filter) {
  // The notification holds no ownership: if it held the last one, it would destroy its own subscription.
  auto notify = [weak = weak_from_this(), strand = strand_] {
    boost::asio::post(strand, [weak] {
      if (const auto feed = weak.lock()) feed->pump();
    });
  };
  subscription_ = bus.subscribe(after, std::move(filter), std::move(notify));
}

void EventFeed::more() {
  wanted_ = true;
  pump();
}

void EventFeed::stop() {
  subscription_.reset();
  consumer_ = nullptr;
}

void EventFeed::pump() {
  if (!wanted_ || subscription_ == nullptr || !consumer_) return;
  std::vector<v1::Event> events = subscription_->poll(kBatchEvents);
  if (events.empty()) return;
  wanted_ = false;
  const Consumer consumer = consumer_;  // the consumer may stop() the feed
  consumer(std::move(events));
}

}  // namespace tinyrig::api
