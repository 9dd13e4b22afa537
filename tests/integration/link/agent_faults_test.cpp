// AgentSession and the real agent over lines that damage bytes, boards that die, reset and hang.
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>

#include "server/base/error.h"
#include "server/link/agent_session.h"
#include "tests/support/link/faulty_transport.h"
#include "tests/support/link/host_agent.h"
#include "tests/support/link/packed_digits.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::link {
namespace {

using namespace std::chrono_literals;
using test::FaultyTransport;
using test::HostAgent;
using test::LineFaults;
using test::packed_digits;
using test::run;

constexpr auto kRam = agent::v1::DESTINATION_MODEL_RAM;
constexpr auto kSlot = agent::v1::DESTINATION_MODEL_SLOT;

SessionOptions quick() {
  SessionOptions options;
  options.poll_after = 10ms;
  options.hello_interval = 20ms;
  options.silence_limit = 5s;
  options.work_silence_limit = 10s;
  return options;
}

struct Rig {
  explicit Rig(std::uint32_t seed, LineFaults faults, std::vector<std::string> arguments = {},
               SessionOptions options = quick())
      : agent(HostAgent::on_socket(std::move(arguments))) {
    auto faulty = std::make_unique<FaultyTransport>(agent.take_transport(io.get_executor()), seed, faults);
    line = faulty.get();
    session.emplace(std::move(faulty), std::move(options));
  }
  boost::asio::io_context io;
  HostAgent agent;
  FaultyTransport* line = nullptr;
  std::optional<AgentSession> session;
};

// The main job of a session, whatever the line does: the outcome is right or an error, never wrong.
TEST(AgentFaults, WholeRunOverADamagedLine) {
  const std::vector<std::uint8_t> image = packed_digits();
  ASSERT_FALSE(image.empty());
  std::uint32_t expected_hash = 0;
  std::uint64_t damaged = 0;
  for (std::uint32_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    LineFaults faults;
    if (seed != 0) {
      faults.flip = random() % 2 == 0 ? 0.0005 : 0;
      faults.drop = random() % 2 == 0 ? 0.0003 : 0;
      faults.duplicate = random() % 2 == 0 ? 0.0003 : 0;
      faults.lose_all = random() % 2 == 0 ? 0.03 : 0;
      faults.split = random() % 2 == 0;
    }
    Rig rig(seed, faults);
    const auto board = run(rig.io, rig.session->hello(10s));
    ASSERT_TRUE(board.ok()) << board.status();
    const absl::Status uploaded = run(rig.io, rig.session->upload(kRam, image));
    ASSERT_TRUE(uploaded.ok()) << uploaded;
    ASSERT_TRUE(run(rig.io, rig.session->load_model(kRam)).ok());
    ASSERT_TRUE(run(rig.io, rig.session->set_input_seed(3)).ok());
    const auto result = run(rig.io, rig.session->measure_latency(1, 200));
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->ticks.size(), 200U);
    const auto profile = run(rig.io, rig.session->measure_profile(20));
    ASSERT_TRUE(profile.ok()) << profile.status();
    if (seed == 0) {
      expected_hash = result->done.output_fnv1a32();
    }
    EXPECT_EQ(result->done.output_fnv1a32(), expected_hash);
    damaged += rig.line->damaged_bytes();
  }
  EXPECT_GT(damaged, 100U);  // there was something to survive
}

TEST(AgentFaults, DeadLineIsSilence) {
  SessionOptions options = quick();
  options.silence_limit = 100ms;
  Rig rig(1, {}, {}, options);
  ASSERT_TRUE(run(rig.io, rig.session->hello(5s)).ok());
  rig.line->set_dead(true);
  const auto pong = run(rig.io, rig.session->ping());
  EXPECT_TRUE(absl::IsDeadlineExceeded(pong.status())) << pong.status();
  EXPECT_EQ(reason_of(pong.status()), "AGENT_SILENT");
  const auto hello = run(rig.io, rig.session->hello(100ms));
  EXPECT_EQ(reason_of(hello.status()), "AGENT_SILENT");
  rig.line->set_dead(false);
  const auto again = run(rig.io, rig.session->hello(5s));
  EXPECT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(run(rig.io, rig.session->ping()).ok());
}

TEST(AgentFaults, GarbageIsTooNoisy) {
  SessionOptions options = quick();
  options.max_bad_chunks_in_row = 5;
  Rig rig(1, {}, {}, options);
  ASSERT_TRUE(run(rig.io, rig.session->hello(5s)).ok());
  rig.line->set_faults({.flip = 0.5, .reads_only = true});
  const auto pong = run(rig.io, rig.session->ping());
  EXPECT_TRUE(absl::IsDataLoss(pong.status())) << pong.status();
  EXPECT_EQ(reason_of(pong.status()), "LINK_TOO_NOISY");
  rig.line->set_faults({});
  EXPECT_TRUE(run(rig.io, rig.session->hello(5s)).ok());
}

TEST(AgentFaults, KilledInATransferAndResumedFromTheSlot) {
  const std::string file = testing::TempDir() + "tinyrig_kill_" + std::to_string(::getpid());
  std::filesystem::remove(file);
  const std::vector<std::uint8_t> image = packed_digits(50'000);
  const std::vector<std::string> arguments = {"--slot-file", file, "--slot-bytes", "262144"};
  {
    Rig rig(1, {}, arguments);
    ASSERT_TRUE(run(rig.io, rig.session->hello(5s)).ok());
    absl::Status status = run(rig.io, rig.session->upload(kSlot, image, [&](std::uint64_t done, std::uint64_t) {
      if (done > 20'000) {
        rig.agent.kill();
      }
    }));
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_EQ(reason_of(status), "UNPLUGGED");
  }
  Rig rig(2, {}, arguments);
  const auto board = run(rig.io, rig.session->hello(5s));
  ASSERT_TRUE(board.ok()) << board.status();
  EXPECT_EQ(board->slot_image_bytes(), 0U) << "half an image must not pass for one";
  const absl::Status status = run(rig.io, rig.session->upload(kSlot, image, nullptr, true));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_GT(rig.session->resumed_from_bytes(), 0U);
  EXPECT_LT(rig.session->resumed_from_bytes(), image.size());
  EXPECT_TRUE(run(rig.io, rig.session->load_model(kSlot)).ok());
  std::filesystem::remove(file);
}

TEST(AgentFaults, ResumeOverAnotherImageOfTheSameSizeStillEndsRight) {
  const std::string file = testing::TempDir() + "tinyrig_other_" + std::to_string(::getpid());
  std::filesystem::remove(file);
  const std::vector<std::uint8_t> image = packed_digits(50'000);
  std::vector<std::uint8_t> half = image;
  for (std::size_t i = 200; i < 5000; ++i) {
    half[i] ^= 0x55;
  }
  const std::vector<std::string> arguments = {"--slot-file", file, "--slot-bytes", "262144"};
  {
    Rig rig(1, {}, arguments);
    ASSERT_TRUE(run(rig.io, rig.session->hello(5s)).ok());
    (void)run(rig.io, rig.session->upload(kSlot, half, [&](std::uint64_t done, std::uint64_t) {
      if (done > 20'000) {
        rig.agent.kill();
      }
    }));
  }
  Rig rig(2, {}, arguments);
  ASSERT_TRUE(run(rig.io, rig.session->hello(5s)).ok());
  const absl::Status status = run(rig.io, rig.session->upload(kSlot, image, nullptr, true));
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(run(rig.io, rig.session->load_model(kSlot)).ok());
  std::filesystem::remove(file);
}

TEST(AgentFaults, CutOffTransferResumesInTheSameBoot) {
  const std::vector<std::uint8_t> image = packed_digits(50'000);
  Rig rig(1, {}, {}, [] {
    SessionOptions options = quick();
    options.work_silence_limit = 200ms;
    return options;
  }());
  ASSERT_TRUE(run(rig.io, rig.session->hello(5s)).ok());
  rig.line->die_after_bytes(rig.line->written_bytes() + 9000);
  const absl::Status cut = run(rig.io, rig.session->upload(kRam, image));
  ASSERT_FALSE(cut.ok());
  rig.line->die_after_bytes(UINT64_MAX);
  rig.line->set_dead(false);
  ASSERT_TRUE(run(rig.io, rig.session->hello(5s)).ok());
  const absl::Status status = run(rig.io, rig.session->upload(kRam, image, nullptr, true));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_GT(rig.session->resumed_from_bytes(), 1000U);
  EXPECT_LT(rig.session->resumed_from_bytes(), image.size());
  EXPECT_TRUE(run(rig.io, rig.session->load_model(kRam)).ok());
}

// A loaded machine or a bad line: the host asks again and again where the board is, and each time it has got on.
TEST(AgentFaults, ATransferThatGetsOnMayNeedManyPolls) {
  const std::vector<std::uint8_t> image = packed_digits(500'000);
  SessionOptions options = quick();
  options.poll_after = 1ms;
  Rig rig(1, {.lose_all = 0.3}, {}, options);
  ASSERT_TRUE(run(rig.io, rig.session->hello(10s)).ok());
  const std::uint32_t before = rig.session->counters().polls;
  const absl::Status uploaded = run(rig.io, rig.session->upload(kRam, image));
  EXPECT_TRUE(uploaded.ok()) << uploaded;
  EXPECT_GT(rig.session->counters().polls - before, 60U) << "too few to show anything";
}

TEST(AgentFaults, ResetInTheMiddleOfARunIsAborted) {
  const std::vector<std::uint8_t> image = packed_digits();
  Rig rig(1, {}, {"--paced-us", "20000"});
  ASSERT_TRUE(run(rig.io, rig.session->hello(5s)).ok());
  ASSERT_TRUE(run(rig.io, rig.session->upload(kRam, image)).ok());
  ASSERT_TRUE(run(rig.io, rig.session->load_model(kRam)).ok());
  ASSERT_TRUE(run(rig.io, rig.session->set_input_seed(1)).ok());
  boost::asio::steady_timer reset_timer(rig.io, 30ms);
  reset_timer.async_wait([&](const boost::system::error_code&) { ::kill(rig.agent.pid(), SIGHUP); });
  const auto result = run(rig.io, rig.session->measure_latency(1, 50));
  EXPECT_TRUE(absl::IsAborted(result.status())) << result.status();
  EXPECT_EQ(reason_of(result.status()), "BOARD_RESET");
  const auto board = run(rig.io, rig.session->hello(5s));
  ASSERT_TRUE(board.ok()) << board.status();
  EXPECT_EQ(board->boot_count(), 2U);
  EXPECT_TRUE(run(rig.io, rig.session->ping()).ok());
}

// 20 inferences of 20 ms, and an announcement that is taken for nothing: what counts is the silence beyond it.
TEST(AgentFaults, SilenceBeyondAWindowHasALimitOfItsOwn) {
  const std::vector<std::uint8_t> image = packed_digits();
  Rig rig(1, {}, {"--paced-us", "20000"}, [] {
    SessionOptions options = quick();
    options.window_stretch = 0;
    return options;
  }());
  ASSERT_TRUE(run(rig.io, rig.session->hello(5s)).ok());
  ASSERT_TRUE(run(rig.io, rig.session->upload(kRam, image)).ok());
  ASSERT_TRUE(run(rig.io, rig.session->load_model(kRam)).ok());
  ASSERT_TRUE(run(rig.io, rig.session->set_input_seed(1)).ok());
  rig.session->limit_window_silence(100ms);
  const auto late = run(rig.io, rig.session->measure_latency(1, 20));
  EXPECT_EQ(reason_of(late.status()), "AGENT_SILENT") << late.status();
  EXPECT_EQ(late.status().message(), "the agent has been silent for 100 ms");

  ASSERT_TRUE(run(rig.io, rig.session->hello(10s)).ok());
  ASSERT_TRUE(run(rig.io, rig.session->load_model(kRam)).ok());
  ASSERT_TRUE(run(rig.io, rig.session->set_input_seed(1)).ok());
  rig.session->limit_window_silence(30s);
  const auto waited = run(rig.io, rig.session->measure_latency(1, 20));
  ASSERT_TRUE(waited.ok()) << waited.status();
  EXPECT_EQ(waited->ticks.size(), 20U);
}

TEST(AgentFaults, CancelledOperationLeavesTheSessionUsableAfterHello) {
  const std::vector<std::uint8_t> image = packed_digits();
  Rig rig(1, {}, {"--paced-us", "5000"});
  ASSERT_TRUE(run(rig.io, rig.session->hello(5s)).ok());
  ASSERT_TRUE(run(rig.io, rig.session->upload(kRam, image)).ok());
  ASSERT_TRUE(run(rig.io, rig.session->load_model(kRam)).ok());
  ASSERT_TRUE(run(rig.io, rig.session->set_input_seed(1)).ok());
  boost::asio::cancellation_signal cancel;
  bool ended = false;
  auto measuring = rig.session->measure_latency(1, 30);
  auto on_end = [&ended](std::exception_ptr, absl::StatusOr<LatencyResult>) { ended = true; };
  boost::asio::co_spawn(rig.io, std::move(measuring), boost::asio::bind_cancellation_slot(cancel.slot(), on_end));
  boost::asio::steady_timer timer(rig.io, 20ms);
  timer.async_wait([&](const boost::system::error_code&) { cancel.emit(boost::asio::cancellation_type::terminal); });
  rig.io.restart();
  while (!ended && rig.io.run_one() != 0) {
  }
  ASSERT_TRUE(ended);
  EXPECT_EQ(reason_of(run(rig.io, rig.session->ping()).status()), "NO_SESSION");
  const auto board = run(rig.io, rig.session->hello(5s));
  ASSERT_TRUE(board.ok()) << board.status();
  const auto done = run(rig.io, rig.session->infer(false));
  EXPECT_TRUE(done.ok()) << done.status();
}

TEST(AgentFaults, AgentGoneIsUnplugged) {
  Rig rig(1, {});
  ASSERT_TRUE(run(rig.io, rig.session->hello(5s)).ok());
  rig.agent.kill();
  const auto pong = run(rig.io, rig.session->ping());
  EXPECT_EQ(reason_of(pong.status()), "UNPLUGGED");
}

}  // namespace
}  // namespace tinyrig::link
