// Measuring windows: announced, silent, masked, refused when the counter could wrap.
#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/link/packed_digits.h"
#include "tests/unit/agent/board_client.h"

namespace tinyrig::test {
namespace {

struct Measured {
  std::vector<std::uint64_t> announced;
  std::vector<std::uint64_t> latencies;
  std::vector<v1::ProfileSample> profiles;
  v1::AgentMessage last;
};

class Measuring : public testing::Test {
 protected:
  void ready(MemoryBoard::Settings settings = {}) {
    client.emplace(settings);
    ASSERT_TRUE(client->upload(kRam, packed_digits()).transfer_status().complete());
    const v1::AgentMessage loaded = client->load(kRam);
    ASSERT_TRUE(loaded.has_model_info()) << loaded.DebugString();
    operators = loaded.model_info().operator_count();
    ASSERT_EQ(client->set_seed(1).status().code(), v1::ERROR_CODE_OK);
  }

  Measured measure(const v1::HostMessage& message) {
    Measured measured;
    for (const v1::AgentMessage& answer : client->ask(message)) {
      if (answer.has_measure_announce()) {
        measured.announced.push_back(answer.measure_announce().estimated_ticks());
      } else if (answer.has_latency_samples()) {
        EXPECT_EQ(answer.latency_samples().first_index(), measured.latencies.size());
        measured.latencies.insert(measured.latencies.end(), answer.latency_samples().ticks().begin(),
                                  answer.latency_samples().ticks().end());
      } else if (answer.has_profile_sample()) {
        measured.profiles.push_back(answer.profile_sample());
      }
      measured.last = answer;
    }
    return measured;
  }

  Measured latency(std::uint32_t warmup, std::uint32_t iterations) {
    v1::HostMessage message;
    message.mutable_measure_latency()->set_warmup(warmup);
    message.mutable_measure_latency()->set_iterations(iterations);
    return measure(message);
  }

  Measured profile(std::uint32_t iterations) {
    v1::HostMessage message;
    message.mutable_measure_profile()->set_iterations(iterations);
    return measure(message);
  }

  Measured energy(std::uint32_t inferences) {
    v1::HostMessage message;
    message.mutable_measure_energy()->set_inferences(inferences);
    return measure(message);
  }

  std::optional<BoardClient> client;
  std::uint32_t operators = 0;
};

TEST_F(Measuring, LatencyReadsTheCounterTwicePerIteration) {
  ready({.ticks_per_read = 11});
  const Measured measured = latency(2, 50);
  ASSERT_TRUE(measured.last.has_measure_done()) << measured.last.DebugString();
  // Without instrumentation nothing but the two reads moves this counter: 11 ticks each.
  EXPECT_EQ(measured.latencies, std::vector<std::uint64_t>(50, 11));
  EXPECT_EQ(measured.last.measure_done().counter_read_ticks(), 11U);
  EXPECT_EQ(measured.last.measure_done().iterations(), 50U);
  ASSERT_EQ(measured.announced.size(), 1U);
  // The estimate comes from a run that looks after each operator.
  EXPECT_EQ(measured.announced[0], 50U * 11 * (operators + 1));
}

TEST_F(Measuring, EnergyIsOneWindowOfInferencesBackToBack) {
  ready({.ticks_per_read = 11});
  v1::HostMessage message;
  message.mutable_infer();
  const std::uint32_t golden = client->ask_one(message).infer_done().output_fnv1a32();
  const std::size_t before = client->board.windows();
  const Measured measured = energy(50);
  ASSERT_TRUE(measured.last.has_energy_done()) << measured.last.DebugString();
  EXPECT_EQ(client->board.windows() - before, 1U);
  EXPECT_EQ(client->board.bytes_while_measuring(), 0U);
  const v1::EnergyDone& done = measured.last.energy_done();
  EXPECT_EQ(done.inferences(), 50U);
  // Nothing but the reads moves this counter: once after each inference.
  EXPECT_EQ(done.window_ticks(), 50U * 11);
  EXPECT_EQ(done.interrupts(), 0U);
  EXPECT_EQ(done.output_fnv1a32(), golden);
  ASSERT_EQ(measured.announced.size(), 1U);
  EXPECT_EQ(measured.announced[0], 50U * 11 * (operators + 1));
}

TEST_F(Measuring, EnergyTellsOfInterrupts) {
  ready({.interrupts_per_read = 1});
  EXPECT_EQ(energy(3).last.energy_done().interrupts(), 4U) << "one a look at the counter";
}

TEST_F(Measuring, EnergyIsRefusedWithoutATriggerOrASensibleNumber) {
  ready();
  for (const std::uint32_t inferences : {0U, 100'001U}) {
    EXPECT_EQ(energy(inferences).last.status().code(), v1::ERROR_CODE_BAD_REQUEST) << inferences;
  }
  EXPECT_EQ(energy(1).last.energy_done().inferences(), 1U);
  ready({.has_trigger = false});
  EXPECT_EQ(energy(1).last.status().code(), v1::ERROR_CODE_UNSUPPORTED);
  client.emplace();
  EXPECT_EQ(energy(1).last.status().code(), v1::ERROR_CODE_NO_MODEL);
}

TEST_F(Measuring, NothingCrossesTheLineInsideAWindow) {
  ready();
  latency(1, 100);
  profile(30);
  EXPECT_GE(client->board.windows(), 2U);
  EXPECT_EQ(client->board.bytes_while_measuring(), 0U);
}

TEST_F(Measuring, ProfileHasOneTimePerOperator) {
  ready({.ticks_per_read = 5});
  const Measured measured = profile(3);
  ASSERT_TRUE(measured.last.has_measure_done()) << measured.last.DebugString();
  std::vector<std::uint64_t> ticks;
  for (const v1::ProfileSample& part : measured.profiles) {
    if (part.iteration() == 1) {
      EXPECT_EQ(part.first_operator(), ticks.size());
      EXPECT_EQ(part.total_ticks(), 5U * (operators + 1));
      ticks.insert(ticks.end(), part.operator_ticks().begin(), part.operator_ticks().end());
    }
  }
  EXPECT_EQ(ticks, std::vector<std::uint64_t>(operators, 5));
}

// A counter of 1 GHz passes 32 bits after 34 M instructions of 128 ns each.
TEST_F(Measuring, AnOperatorMayTakeMoreThan32Bits) {
  constexpr std::uint64_t kTicks = 0x1'0000'0005;
  ready({.ticks_per_read = kTicks});
  const Measured measured = profile(1);
  ASSERT_TRUE(measured.last.has_measure_done()) << measured.last.DebugString();
  ASSERT_EQ(measured.profiles.size(), 1U);
  EXPECT_EQ(measured.profiles[0].total_ticks(), kTicks * (operators + 1));
  EXPECT_EQ(measured.profiles[0].operator_ticks(0), kTicks);
}

// A runtime may fuse operators into a later one: they have no time, whatever the memory held before.
TEST_F(Measuring, OperatorsThatAreLeftOutTakeNoTime) {
  MemoryBoard::Settings settings{.ticks_per_read = 5};
  settings.run = [](const runtime::OperatorHook* hook) {
    if (hook == nullptr) return runtime::run();
    const runtime::OperatorHook every_second{[](void* context, std::uint16_t index) {
                                               const auto& all = **static_cast<const runtime::OperatorHook**>(context);
                                               if (index % 2 == 1) all.after(all.context, index);
                                             },
                                             static_cast<void*>(&hook)};
    return runtime::run(&every_second);
  };
  ready(settings);
  ASSERT_GE(operators, 4U);
  latency(0, 100);  // fills the memory
  const Measured measured = profile(1);
  ASSERT_EQ(measured.profiles.size(), 1U);
  for (std::uint32_t i = 0; i < operators; ++i) EXPECT_EQ(measured.profiles[0].operator_ticks(i), i % 2 == 1 ? 5 : 0);
}

TEST_F(Measuring, ManyProfilesTakeSeveralAnnouncedWindows) {
  ready({.ram_bytes = 24576});  // samples: an eighth of the RAM
  const std::size_t per_window = agent::Model::samples().size() / (1 + operators);
  const auto iterations = static_cast<std::uint32_t>(per_window * 2 + 1);
  const Measured measured = profile(iterations);
  ASSERT_TRUE(measured.last.has_measure_done()) << measured.last.DebugString();
  EXPECT_EQ(measured.announced.size(), 3U);
  std::uint32_t next = 0;
  for (const v1::ProfileSample& part : measured.profiles) {
    next += part.first_operator() == 0 ? 1 : 0;
    EXPECT_EQ(part.iteration() + 1, next);
  }
  EXPECT_EQ(next, iterations);
  EXPECT_EQ(client->board.bytes_while_measuring(), 0U);
}

TEST_F(Measuring, InterruptsInAWindowAreReported) {
  ready({.interrupts_per_read = 1});
  const Measured measured = latency(1, 10);
  EXPECT_EQ(measured.last.measure_done().interrupts(), 20U);
}

TEST_F(Measuring, WindowThatCouldWrapUnseenIsRefused) {
  ready({.counter_period = 100, .ticks_per_read = 10});
  const Measured measured = latency(1, 1);
  EXPECT_EQ(measured.last.status().code(), v1::ERROR_CODE_WINDOW_TOO_LONG);
  EXPECT_EQ(measured.last.status().detail(), 10 * (operators + 1));
  EXPECT_TRUE(measured.announced.empty());
  EXPECT_EQ(profile(1).last.status().code(), v1::ERROR_CODE_WINDOW_TOO_LONG);
  EXPECT_EQ(client->board.windows(), 0U);
}

TEST_F(Measuring, HalfThePeriodIsStillSeen) {
  ready();
  client->board.settings.ticks_per_read = 10;
  client->board.settings.counter_period = 20 * (operators + 1);
  EXPECT_TRUE(latency(1, 1).last.has_measure_done());
  client->board.settings.counter_period -= 2;
  EXPECT_EQ(latency(1, 1).last.status().code(), v1::ERROR_CODE_WINDOW_TOO_LONG);
}

TEST_F(Measuring, IterationsAreBounded) {
  ready({.ram_bytes = 24576});
  const auto most = static_cast<std::uint32_t>(agent::Model::samples().size());
  EXPECT_TRUE(latency(0, most).last.has_measure_done());
  EXPECT_EQ(latency(0, most + 1).last.status().code(), v1::ERROR_CODE_BAD_REQUEST);
  EXPECT_EQ(latency(0, 0).last.status().code(), v1::ERROR_CODE_BAD_REQUEST);
  EXPECT_EQ(profile(0).last.status().code(), v1::ERROR_CODE_BAD_REQUEST);
  EXPECT_EQ(profile(100'001).last.status().code(), v1::ERROR_CODE_BAD_REQUEST);
  EXPECT_EQ(latency(100'001, 1).last.status().code(), v1::ERROR_CODE_BAD_REQUEST);
}

TEST_F(Measuring, FailingOperatorEndsTheWindowWithAnError) {
  MemoryBoard::Settings settings;
  settings.run = [](const runtime::OperatorHook*) { return runtime::Error::kOperatorFailed; };
  ready(settings);
  EXPECT_EQ(latency(1, 1).last.status().code(), v1::ERROR_CODE_OPERATOR_FAILED);
  EXPECT_EQ(profile(1).last.status().code(), v1::ERROR_CODE_OPERATOR_FAILED);
}

}  // namespace
}  // namespace tinyrig::test
