#include "tests/bench/service/pages.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "tests/support/web/web_client.h"

namespace tinyrig::bench {
namespace {

// Events are JSON; a page of the bench needs their number alone.
std::uint64_t sequence_of(const std::string& event) {
  constexpr char kName[] = "\"sequence\":\"";
  const std::size_t at = event.find(kName);
  return at == std::string::npos ? 0 : std::strtoull(event.c_str() + at + sizeof(kName) - 1, nullptr, 10);
}

}  // namespace

struct Pages::Page {
  std::unique_ptr<testing_support::WebSocketClient> socket;
  std::atomic<std::uint64_t> newest = 0;
  std::thread reader;
};

Pages::Pages(std::uint16_t http_port, int count) {
  for (int i = 0; i < count; ++i) {
    auto page = std::make_unique<Page>();
    auto [status, socket] = testing_support::WebSocketClient::connect(http_port, "/ws");
    if (status != 101) {
      std::fprintf(stderr, "page %d: the service answers %u\n", i, status);
      std::exit(1);
    }
    page->socket = std::move(socket);
    const auto greeting = page->socket->read();
    page->newest = greeting.has_value() ? sequence_of(*greeting) : 0;
    page->reader = std::thread([this, raw = page.get()] {
      while (const auto event = raw->socket->read()) {
        const std::uint64_t sequence = sequence_of(*event);
        const std::uint64_t expected = raw->newest + 1;
        // A resync has the number of the last one that was lost.
        if (event->find("\"resync\"") != std::string::npos) {
          lost_ += sequence + 1 - expected;
        } else {
          lost_ += sequence - expected;
          ++events_;
        }
        raw->newest = sequence;
      }
    });
    pages_.push_back(std::move(page));
  }
}

Pages::~Pages() {
  for (const auto& page : pages_) page->reader.join();
}

bool Pages::wait_for(std::uint64_t sequence) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (const auto& page : pages_) {
    while (page->newest < sequence) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      // A benchmark that waits for what it measures: nothing is asserted about how long.
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  return true;
}

}  // namespace tinyrig::bench
