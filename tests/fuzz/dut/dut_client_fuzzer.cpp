// A device that answers with any bytes: no crash, no endless loop, and what comes out is bounded.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "server/base/error.h"
#include "server/dut/dut_client.h"

namespace {

using namespace tinyrig;

// All its bytes, in pieces of the first one's size; then the line is gone.
class AnyLine final : public link::Transport {
 public:
  AnyLine(boost::asio::any_io_executor executor, std::span<const std::uint8_t> bytes)
      : executor_(std::move(executor)), piece_(bytes.empty() ? 1 : bytes[0] % 64 + std::size_t{1}), bytes_(bytes) {}

  boost::asio::any_io_executor executor() override { return executor_; }
  boost::asio::awaitable<absl::StatusOr<std::size_t>> read_some(std::span<std::uint8_t> buffer,
                                                                Clock::time_point) override {
    const std::size_t count = std::min({buffer.size(), piece_, bytes_.size()});
    if (count == 0) co_return make_error(absl::StatusCode::kUnavailable, "UNPLUGGED", "over");
    std::ranges::copy(bytes_.first(count), buffer.begin());
    bytes_ = bytes_.subspan(count);
    co_return count;
  }
  boost::asio::awaitable<absl::Status> write(std::span<const std::uint8_t>, Clock::time_point) override {
    co_return absl::OkStatus();
  }
  absl::Status set_baud(std::uint32_t) override { return absl::OkStatus(); }
  absl::Status set_dtr(bool) override { return absl::OkStatus(); }
  absl::Status set_rts(bool) override { return absl::OkStatus(); }
  void discard_input() override {}
  void close() override {}

 private:
  boost::asio::any_io_executor executor_;
  const std::size_t piece_;
  std::span<const std::uint8_t> bytes_;
};

boost::asio::awaitable<void> converse(dut::DutClient& client) {
  const std::chrono::milliseconds silence{1};
  const std::uint8_t input[40] = {};
  const std::span<const std::uint8_t> bytes(input);
  (void)co_await client.find(silence);
  (void)co_await client.identify();
  (void)co_await client.timestamp();
  (void)co_await client.load(bytes);
  const auto inference = co_await client.infer(10, 1, silence);
  if (inference.ok() && (inference->results.size() > mlperf::DutLog::kMaxResults || inference->iterations != 10)) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  boost::asio::io_context io;
  dut::DutClient client(std::make_unique<AnyLine>(io.get_executor(), std::span(data, size)));
  boost::asio::co_spawn(io, converse(client), boost::asio::detached);
  io.run();
  return 0;
}
