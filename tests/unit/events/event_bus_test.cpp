#include "server/events/event_bus.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace tinyrig::events {
namespace {

v1::Event log_event(const std::string& text) {
  v1::Event event;
  event.mutable_log()->set_text(text);
  return event;
}

class EventBusTest : public testing::Test {
 protected:
  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  EventBus bus_{clock_, "epoch-1", 5};
};

TEST_F(EventBusTest, NumbersStampsAndSigns) {
  const auto subscription = bus_.subscribe(0, nullptr, nullptr);
  const std::uint64_t first = bus_.publish(log_event("a"));
  clock_.advance(absl::Milliseconds(1500));
  EXPECT_EQ(bus_.publish(log_event("b")), first + 1);
  const auto events = subscription->poll(10);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].sequence(), first);
  EXPECT_EQ(events[0].epoch(), "epoch-1");
  EXPECT_EQ(events[0].time().seconds(), 1'700'000'000);
  EXPECT_EQ(events[1].time().seconds(), 1'700'000'001);
  EXPECT_EQ(events[1].time().nanos(), 500'000'000);
  EXPECT_EQ(events[1].log().text(), "b");
  EXPECT_TRUE(subscription->poll(10).empty());
}

TEST_F(EventBusTest, SequencesStayExactInJavaScript) {
  const ManualClock year_2200(absl::FromUnixSeconds(7'258'118'400));
  EventBus bus(year_2200, "later");
  EXPECT_LT(bus.publish(log_event("x")), 1ull << 53);
}

TEST_F(EventBusTest, FromNowOnGivesNothingOld) {
  bus_.publish(log_event("old"));
  const auto subscription = bus_.subscribe(0, nullptr, nullptr);
  EXPECT_TRUE(subscription->poll(10).empty());
}

TEST_F(EventBusTest, ResumesInsideTheRing) {
  const std::uint64_t first = bus_.publish(log_event("1"));
  bus_.publish(log_event("2"));
  bus_.publish(log_event("3"));
  const auto subscription = bus_.subscribe(first, nullptr, nullptr);
  const auto events = subscription->poll(10);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].log().text(), "2");
  EXPECT_EQ(events[1].log().text(), "3");
}

TEST_F(EventBusTest, ResumingAtTheNewestGivesNothing) {
  const std::uint64_t last = bus_.publish(log_event("1"));
  EXPECT_TRUE(bus_.subscribe(last, nullptr, nullptr)->poll(10).empty());
}

TEST_F(EventBusTest, ResumingBeforeTheRingSaysHowManyWereLost) {
  const std::uint64_t first = bus_.publish(log_event("0"));
  for (int i = 1; i <= 8; ++i) bus_.publish(log_event(std::to_string(i)));
  const auto subscription = bus_.subscribe(first, nullptr, nullptr);
  const auto events = subscription->poll(10);
  ASSERT_EQ(events.size(), 6u);  // resync, then the ring's five
  EXPECT_TRUE(events[0].has_resync());
  EXPECT_EQ(events[0].resync().dropped(), 3u);
  EXPECT_EQ(events[0].sequence(), first + 3);
  EXPECT_EQ(events[0].epoch(), "epoch-1");
  EXPECT_EQ(events[1].sequence(), first + 4);
}

TEST_F(EventBusTest, ANumberOfTheFutureIsNoneOfOurs) {
  bus_.publish(log_event("1"));
  const auto subscription = bus_.subscribe(bus_.last_sequence() + 100, nullptr, nullptr);
  const auto events = subscription->poll(10);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_TRUE(events[0].has_resync());
  EXPECT_EQ(events[1].log().text(), "1");
}

TEST_F(EventBusTest, ANumberFromBeforeARestartGivesAResync) {
  const std::uint64_t kept_by_client = bus_.publish(log_event("before"));
  clock_.advance(absl::Seconds(1));
  EventBus restarted(clock_, "epoch-2", 5);
  restarted.publish(log_event("after"));
  const auto events = restarted.subscribe(kept_by_client, nullptr, nullptr)->poll(10);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_TRUE(events[0].has_resync());
  EXPECT_EQ(events[1].log().text(), "after");
}

TEST_F(EventBusTest, ASlowSubscriberLosesTheOldestAndIsTold) {
  const auto subscription = bus_.subscribe(0, nullptr, nullptr, 2);
  std::uint64_t first = 0;
  for (int i = 0; i < 5; ++i) {
    const std::uint64_t sequence = bus_.publish(log_event(std::to_string(i)));
    if (i == 0) first = sequence;
  }
  const auto events = subscription->poll(10);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].resync().dropped(), 3u);
  EXPECT_EQ(events[0].sequence(), first + 2);
  EXPECT_EQ(events[1].log().text(), "3");
  EXPECT_EQ(events[2].log().text(), "4");
  // Told once; resuming after the resync's number gives what came after it.
  EXPECT_TRUE(subscription->poll(10).empty());
  EXPECT_EQ(bus_.subscribe(events[0].sequence(), nullptr, nullptr)->poll(10).size(), 2u);
}

TEST_F(EventBusTest, FiltersApplyToOldAndNew) {
  const Filter only_b = [](const v1::Event& event) { return event.log().text() == "b"; };
  const std::uint64_t before = bus_.last_sequence();
  bus_.publish(log_event("a"));
  bus_.publish(log_event("b"));
  const auto subscription = bus_.subscribe(before, only_b, nullptr);
  bus_.publish(log_event("a"));
  bus_.publish(log_event("b"));
  const auto events = subscription->poll(10);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].sequence(), before + 4);
}

TEST_F(EventBusTest, PollsInPiecesAndNotifiesOnlyWhenEmpty) {
  int notified = 0;
  const auto subscription = bus_.subscribe(0, nullptr, [&] { ++notified; });
  bus_.publish(log_event("1"));
  bus_.publish(log_event("2"));
  bus_.publish(log_event("3"));
  EXPECT_EQ(notified, 1);
  EXPECT_EQ(subscription->poll(2).size(), 2u);
  bus_.publish(log_event("4"));
  EXPECT_EQ(notified, 1);
  EXPECT_EQ(subscription->poll(2).size(), 2u);
  bus_.publish(log_event("5"));
  EXPECT_EQ(notified, 2);
}

TEST_F(EventBusTest, NotifiesAtOnceOfWhatARingHolds) {
  const std::uint64_t before = bus_.publish(log_event("0"));
  bus_.publish(log_event("1"));
  int notified = 0;
  const auto subscription = bus_.subscribe(before, nullptr, [&] { ++notified; });
  EXPECT_EQ(notified, 1);
}

TEST_F(EventBusTest, AnEndedSubscriptionIsNotNotified) {
  int notified = 0;
  auto subscription = bus_.subscribe(0, nullptr, [&] { ++notified; });
  subscription.reset();
  bus_.publish(log_event("1"));
  EXPECT_EQ(notified, 0);
}

TEST_F(EventBusTest, ASubscriptionOutlivesTheBus) {
  auto bus = std::make_unique<EventBus>(clock_, "short", 5);
  const auto subscription = bus->subscribe(0, nullptr, nullptr);
  bus->publish(log_event("last"));
  bus.reset();
  EXPECT_EQ(subscription->poll(10).size(), 1u);
}

TEST(EventBusThreads, PublishersLoseNothingAndKeepTheOrder) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2'000;
  const SystemClock clock;
  EventBus bus(clock, random_epoch());
  std::atomic<int> notified = 0;
  const auto subscription = bus.subscribe(
      0, nullptr, [&] { ++notified; }, kThreads * kEach);
  {
    std::vector<std::jthread> publishers;
    for (int t = 0; t < kThreads; ++t) {
      publishers.emplace_back([&bus] {
        for (int i = 0; i < kEach; ++i) bus.publish(log_event("x"));
      });
    }
    // Subscriptions come and go meanwhile.
    for (int i = 0; i < 200; ++i)
      bus.subscribe(
             0, nullptr, [] {}, 1)
          ->poll(1);
  }
  const auto events = subscription->poll(1'000'000);
  ASSERT_EQ(events.size(), static_cast<std::size_t>(kThreads * kEach));
  for (std::size_t i = 1; i < events.size(); ++i) ASSERT_EQ(events[i].sequence(), events[i - 1].sequence() + 1);
  EXPECT_EQ(notified, 1);
}

TEST(RandomEpoch, Differs) {
  EXPECT_EQ(random_epoch().size(), 16u);
  EXPECT_NE(random_epoch(), random_epoch());
}

}  // namespace
}  // namespace tinyrig::events
