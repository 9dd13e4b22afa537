// Pages of the dashboard: WebSockets that read every event, and count what is missing between their numbers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace tinyrig::bench {

class Pages {
 public:
  /// Opens them and reads until the service ends them. Ends the program when one is refused.
  Pages(std::uint16_t http_port, int count);
  /// The service must have ended them.
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  /// Messages read by all of them.
  std::uint64_t events() const { return events_; }
  /// Numbers that a page did not see between two that it saw.
  std::uint64_t lost() const { return lost_; }
  /// Blocks until every page has read the event with that number, 30 seconds at most; false: one has not.
  bool wait_for(std::uint64_t sequence) const;

 private:
  struct Page;
  std::atomic<std::uint64_t> events_ = 0;
  std::atomic<std::uint64_t> lost_ = 0;
  std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace tinyrig::bench
