// AgentSession against the real host agent: every command, with a real packed model.
#include "server/link/agent_session.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <numeric>

#include "server/base/error.h"
#include "server/link/agent_error.h"
#include "tests/support/link/host_agent.h"
#include "tests/support/link/packed_digits.h"
#include "tests/support/link/run_coroutine.h"
#include "tests/unit/model/golden_record.h"
#include "wire/fnv1a.h"
#include "wire/golden_input.h"
#include "wire/trigger_line.h"

namespace tinyrig::link {
namespace {

using namespace std::chrono_literals;
using test::HostAgent;
using test::packed_digits;
using test::run;
using testing::HasSubstr;

constexpr auto kRam = agent::v1::DESTINATION_MODEL_RAM;
constexpr auto kSlot = agent::v1::DESTINATION_MODEL_SLOT;
constexpr auto kInput = agent::v1::DESTINATION_INPUT;

class AgentSessionTest : public testing::Test {
 protected:
  void connect(std::vector<std::string> arguments = {"--unit-id", "0a0b0c"}) {
    agent.emplace(HostAgent::on_socket(std::move(arguments)));
    SessionOptions options;
    options.poll_after = 50ms;
    options.on_console_text = [this](std::string_view text) { console += text; };
    session.emplace(agent->take_transport(io.get_executor()), options);
    const auto board = run(io, session->hello(5s));
    ASSERT_TRUE(board.ok()) << board.status();
  }

  void load(const std::vector<std::uint8_t>& image) {
    ASSERT_FALSE(image.empty());
    const absl::Status uploaded = run(io, session->upload(kRam, image));
    ASSERT_TRUE(uploaded.ok()) << uploaded;
    const auto loaded = run(io, session->load_model(kRam));
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    info = *loaded;
  }

  boost::asio::io_context io;
  std::optional<HostAgent> agent;
  std::optional<AgentSession> session;
  std::string console;
  agent::v1::ModelInfo info;
};

TEST_F(AgentSessionTest, HelloSaysWhoTheBoardIs) {
  connect({"--unit-id", "0a0b0c", "--ram-bytes", "65536"});
  const auto& board = *session->board();
  EXPECT_EQ(board.protocol_version(), kProtocolVersion);
  EXPECT_EQ(board.board_type(), "host");
  EXPECT_EQ(board.unit_id(), std::string("\x0a\x0b\x0c"));
  EXPECT_EQ(board.build_id().size(), 16U);
  EXPECT_EQ(board.boot_count(), 1U);
  EXPECT_EQ(board.reset_reason(), agent::v1::RESET_REASON_POWER_ON);
  EXPECT_EQ(board.ticks_per_second(), 1'000'000'000U);
  EXPECT_EQ(board.slot_image_bytes(), 0U);
  EXPECT_EQ(board.model_slot_bytes(), 0U);
  EXPECT_LT(board.model_ram_bytes(), 65536U);
  EXPECT_GE(board.model_ram_bytes(), 65536U * 7 / 8 - 16);
  EXPECT_EQ(board.capabilities() & agent::v1::CAPABILITY_PACED_INFERENCE, 0U);
  ASSERT_EQ(board.runtimes_size(), 2);
  EXPECT_EQ(board.runtimes(0).name(), "tinyrig");
  EXPECT_EQ(board.runtimes(1).name(), "portable");
  EXPECT_EQ(board.runtimes(1).version(), "0.1.0");
  EXPECT_EQ(board.runtimes(1).model_format(), agent::v1::MODEL_FORMAT_PACKED);
  EXPECT_EQ(board.runtimes(1).core(), 0U);
  EXPECT_THAT(console, HasSubstr("m-ready\r\n"));
}

TEST_F(AgentSessionTest, NothingWorksBeforeHello) {
  agent.emplace(HostAgent::on_socket());
  session.emplace(agent->take_transport(io.get_executor()));
  const auto pong = run(io, session->ping());
  EXPECT_TRUE(absl::IsFailedPrecondition(pong.status()));
  EXPECT_EQ(reason_of(pong.status()), "NO_SESSION");
}

TEST_F(AgentSessionTest, PingsManyTimes) {
  connect();
  for (int i = 0; i < 300; ++i) {  // ids wrap
    const auto pong = run(io, session->ping());
    ASSERT_TRUE(pong.ok()) << pong.status();
  }
  EXPECT_EQ(session->counters().bad_chunks, 1U);  // the banner
  EXPECT_EQ(session->counters().retransmitted, 0U);
}

TEST_F(AgentSessionTest, GoldenOutputsOfTheOwnModel) {
  connect();
  load(packed_digits());
  const model::GoldenRecord golden = model::read_golden(TINYRIG_MODELS "/digits.json");
  ASSERT_FALSE(golden.vectors.empty());
  for (const model::GoldenVector& vector : golden.vectors) {
    ASSERT_TRUE(run(io, session->set_input_seed(vector.seed)).ok());
    const auto done = run(io, session->infer(false));
    ASSERT_TRUE(done.ok()) << done.status();
    EXPECT_EQ(done->output_fnv1a32(), vector.output_fnv1a32) << "seed " << vector.seed;
    const auto output = run(io, session->read_output());
    ASSERT_TRUE(output.ok()) << output.status();
    EXPECT_EQ(wire::fnv1a_32(std::span<const std::uint8_t>(*output)), vector.output_fnv1a32);
  }
}

TEST_F(AgentSessionTest, TransferredInputGivesWhatTheSeedGives) {
  connect();
  load(packed_digits());
  std::vector<std::uint8_t> input(info.input_bytes());
  wire::fill_golden_input(5, std::span(input));
  const absl::Status uploaded = run(io, session->upload(kInput, input));
  ASSERT_TRUE(uploaded.ok()) << uploaded;
  ASSERT_TRUE(run(io, session->set_input_transferred()).ok());
  const auto by_transfer = run(io, session->infer(true));
  const auto again = run(io, session->infer(true));
  ASSERT_TRUE(run(io, session->set_input_seed(5)).ok());
  const auto by_seed = run(io, session->infer(true));
  ASSERT_TRUE(by_transfer.ok() && by_seed.ok() && again.ok());
  EXPECT_EQ(by_transfer->output_fnv1a32(), by_seed->output_fnv1a32());
  EXPECT_EQ(again->output_fnv1a32(), by_seed->output_fnv1a32());
  EXPECT_EQ(by_seed->operator_fnv1a32_size(), static_cast<int>(info.operator_count()));
  EXPECT_TRUE(std::equal(by_seed->operator_fnv1a32().begin(), by_seed->operator_fnv1a32().end(),
                         by_transfer->operator_fnv1a32().begin()));
  ASSERT_TRUE(run(io, session->set_input_seed(6)).ok());
  const auto other = run(io, session->infer(true));
  ASSERT_TRUE(other.ok());
  EXPECT_NE(other->output_fnv1a32(), by_seed->output_fnv1a32());
}

TEST_F(AgentSessionTest, LatencyGivesEverySample) {
  connect();
  load(packed_digits());
  ASSERT_TRUE(run(io, session->set_input_seed(1)).ok());
  const auto golden = run(io, session->infer(false));
  std::uint64_t last_done = 0;
  const auto result = run(io, session->measure_latency(3, 100, [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GT(done, last_done);
    EXPECT_EQ(total, 100U);
    last_done = done;
  }));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->ticks.size(), 100U);
  EXPECT_EQ(last_done, 100U);
  EXPECT_EQ(result->done.iterations(), 100U);
  EXPECT_EQ(result->done.interrupts(), 0U);
  EXPECT_EQ(result->done.output_fnv1a32(), golden->output_fnv1a32());
  EXPECT_GT(result->estimated_ticks, 0U);
  for (const std::uint64_t ticks : result->ticks) {
    EXPECT_GT(ticks, 100U);
    EXPECT_LT(ticks, 1'000'000'000U);
  }
}

// The trigger's line says what EnergyDone says.
TEST_F(AgentSessionTest, EnergyWindowsShowOnTheTriggersLine) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  ::fcntl(ends[1], F_SETFD, 0);
  connect({"--trigger-fd", std::to_string(ends[1])});
  ::close(ends[1]);
  EXPECT_NE(session->board()->capabilities() & agent::v1::CAPABILITY_TRIGGER, 0U);
  load(packed_digits());
  ASSERT_TRUE(run(io, session->set_input_seed(1)).ok());
  const auto golden = run(io, session->infer(false));
  const auto next = [&] {
    trigger_line::Record record{};
    EXPECT_EQ(::recv(ends[0], record.data(), record.size(), MSG_WAITALL), static_cast<ssize_t>(record.size()));
    std::pair<trigger_line::Kind, std::uint64_t> read{trigger_line::Kind::kFell, 0};
    EXPECT_TRUE(trigger_line::decode(record, read.first, read.second));
    return read;
  };
  EXPECT_EQ(next(), std::pair(trigger_line::Kind::kRate, std::uint64_t{1'000'000'000}));
  for (const std::uint32_t inferences : {1U, 200U}) {
    const auto done = run(io, session->measure_energy(inferences));
    ASSERT_TRUE(done.ok()) << done.status();
    EXPECT_EQ(done->inferences(), inferences);
    EXPECT_EQ(done->output_fnv1a32(), golden->output_fnv1a32());
    const auto rose = next(), fell = next();
    EXPECT_EQ(rose.first, trigger_line::Kind::kRose);
    EXPECT_EQ(fell.first, trigger_line::Kind::kFell);
    EXPECT_GE(fell.second - rose.second, done->window_ticks());
  }
  char more;
  EXPECT_EQ(::recv(ends[0], &more, 1, MSG_DONTWAIT), -1) << "nothing else is said";
  EXPECT_EQ(reason_of(run(io, session->measure_energy(0)).status()), "AGENT_BAD_REQUEST");
  ::close(ends[0]);
}

TEST_F(AgentSessionTest, EnergyNeedsATrigger) {
  connect();
  EXPECT_EQ(session->board()->capabilities() & agent::v1::CAPABILITY_TRIGGER, 0U);
  load(packed_digits());
  ASSERT_TRUE(run(io, session->set_input_seed(1)).ok());
  EXPECT_EQ(reason_of(run(io, session->measure_energy(1)).status()), "AGENT_UNSUPPORTED");
}

TEST_F(AgentSessionTest, ProfileSplitsTheWholeByOperator) {
  connect();
  load(packed_digits());
  ASSERT_TRUE(run(io, session->set_input_seed(1)).ok());
  const auto result = run(io, session->measure_profile(40));
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->iterations.size(), 40U);
  for (const ProfileIteration& iteration : result->iterations) {
    ASSERT_EQ(iteration.operator_ticks.size(), info.operator_count());
    const std::uint64_t sum =
        std::accumulate(iteration.operator_ticks.begin(), iteration.operator_ticks.end(), std::uint64_t{0});
    EXPECT_LE(sum, iteration.total_ticks);
    EXPECT_GT(sum, 0U);
  }
  EXPECT_EQ(result->done.iterations(), 40U);
}

TEST_F(AgentSessionTest, ProfileOfManyIterationsTakesSeveralWindows) {
  connect({"--ram-bytes", "262144"});  // 1024 words of samples: some windows for 900 iterations
  load(packed_digits());
  ASSERT_TRUE(run(io, session->set_input_seed(1)).ok());
  const auto result = run(io, session->measure_profile(900));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->iterations.size(), 900U);
}

TEST_F(AgentSessionTest, MemoryIsMeasuredOnTheBoard) {
  connect();
  load(packed_digits());
  ASSERT_TRUE(run(io, session->set_input_seed(1)).ok());
  ASSERT_TRUE(run(io, session->infer(false)).ok());
  const auto memory = run(io, session->get_memory());
  ASSERT_TRUE(memory.ok()) << memory.status();
  EXPECT_EQ(memory->arena_bytes(), info.arena_bytes());
  EXPECT_LE(memory->arena_used_bytes(), memory->arena_bytes());
  EXPECT_GT(memory->arena_used_bytes(), memory->arena_bytes() / 2);
  EXPECT_EQ(memory->stack_bytes(), 256U * 1024);
  EXPECT_GT(memory->stack_high_water_bytes(), 500U);
  EXPECT_LT(memory->stack_high_water_bytes(), 200U * 1024);
  EXPECT_GT(memory->static_ram_bytes(), 1000U);
  EXPECT_GT(memory->agent_flash_bytes(), 10000U);
}

TEST_F(AgentSessionTest, ImageThatDoesNotFitSaysByHowManyBytes) {
  const std::vector<std::uint8_t> image = packed_digits();
  connect({"--ram-bytes", "4096"});
  const std::size_t ram = session->board()->model_ram_bytes();
  ASSERT_LT(ram, image.size());
  const absl::Status uploaded = run(io, session->upload(kRam, image));
  EXPECT_TRUE(absl::IsResourceExhausted(uploaded)) << uploaded;
  EXPECT_EQ(reason_of(uploaded), "MODEL_TOO_LARGE");
  EXPECT_EQ(agent_detail_of(uploaded), static_cast<std::int64_t>(image.size() - ram));
  EXPECT_TRUE(run(io, session->ping()).ok());  // the session goes on
}

TEST_F(AgentSessionTest, ArenaThatDoesNotFitSaysByHowManyBytes) {
  const std::vector<std::uint8_t> image = packed_digits();
  connect({"--ram-bytes", std::to_string(image.size() * 8 / 7 + 64)});
  ASSERT_TRUE(run(io, session->upload(kRam, image)).ok());
  const auto loaded = run(io, session->load_model(kRam));
  EXPECT_EQ(reason_of(loaded.status()), "ARENA_TOO_SMALL");
  EXPECT_GT(agent_detail_of(loaded.status()).value_or(0), 0);
  EXPECT_TRUE(run(io, session->ping()).ok());
}

TEST_F(AgentSessionTest, RefusalsAreTypedAndHarmless) {
  connect();
  EXPECT_EQ(reason_of(run(io, session->infer(false)).status()), "NO_MODEL");
  EXPECT_EQ(reason_of(run(io, session->load_model(kRam)).status()), "NO_MODEL");
  EXPECT_EQ(reason_of(run(io, session->load_model(kSlot)).status()), "NO_MODEL");
  EXPECT_EQ(reason_of(run(io, session->set_input_seed(1))), "NO_MODEL");
  EXPECT_EQ(reason_of(run(io, session->measure_latency(1, 1)).status()), "NO_MODEL");
  const std::vector<std::uint8_t> junk(500, 7);
  EXPECT_EQ(reason_of(run(io, session->upload(kSlot, junk))), "AGENT_UNSUPPORTED");  // no slot
  EXPECT_EQ(reason_of(run(io, session->upload(kInput, junk))), "NO_MODEL");
  EXPECT_TRUE(run(io, session->upload(kRam, junk)).ok());
  EXPECT_EQ(reason_of(run(io, session->load_model(kRam)).status()), "AGENT_BAD_MODEL");
  load(packed_digits());
  EXPECT_EQ(reason_of(run(io, session->infer(false)).status()), "AGENT_BAD_REQUEST");  // no input set
  ASSERT_TRUE(run(io, session->set_input_seed(1)).ok());
  EXPECT_EQ(reason_of(run(io, session->measure_latency(1, 0)).status()), "AGENT_BAD_REQUEST");
  const auto too_many = run(io, session->measure_latency(1, session->board()->max_samples() + 1));
  EXPECT_EQ(agent_detail_of(too_many.status()), session->board()->max_samples());
  EXPECT_TRUE(run(io, session->infer(false)).ok());
}

TEST_F(AgentSessionTest, DamagedImageIsRefused) {
  connect();
  std::vector<std::uint8_t> image = packed_digits();
  image[image.size() / 2] ^= 1;
  ASSERT_TRUE(run(io, session->upload(kRam, image)).ok());
  EXPECT_EQ(reason_of(run(io, session->load_model(kRam)).status()), "AGENT_BAD_MODEL");
}

TEST_F(AgentSessionTest, CalibrateAndRawSink) {
  connect();
  const auto report = run(io, session->calibrate(100000));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GT(report->ticks(), 0U);
  const auto sunk = run(io, session->raw_sink(50'000));
  ASSERT_TRUE(sunk.ok()) << sunk.status();
  EXPECT_GT(sunk->count(), 0);
  EXPECT_TRUE(run(io, session->ping()).ok());
}

TEST_F(AgentSessionTest, BaudIsSwitchedAtBothEnds) {
  connect();
  const absl::Status status = run(io, session->set_baud(921600));
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(run(io, session->ping()).ok());
}

TEST_F(AgentSessionTest, ResetStartsAnewAndCountsTheBoot) {
  connect();
  const std::vector<std::uint8_t> image = packed_digits();
  load(image);
  const absl::Status status = run(io, session->reset());
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(reason_of(run(io, session->ping()).status()), "NO_SESSION");
  const auto board = run(io, session->hello(5s));
  ASSERT_TRUE(board.ok()) << board.status();
  EXPECT_EQ(board->boot_count(), 2U);
  EXPECT_EQ(board->reset_reason(), agent::v1::RESET_REASON_SOFTWARE);
  EXPECT_EQ(board->unit_id(), std::string("\x0a\x0b\x0c"));
  EXPECT_EQ(reason_of(run(io, session->load_model(kRam)).status()), "NO_MODEL");  // RAM is gone
}

TEST_F(AgentSessionTest, ModelInTheSlotOutlivesAReset) {
  const std::string file = testing::TempDir() + "tinyrig_slot_" + std::to_string(::getpid());
  std::filesystem::remove(file);
  connect({"--slot-file", file, "--slot-bytes", "262144"});
  const std::vector<std::uint8_t> image = packed_digits();
  const absl::Status uploaded = run(io, session->upload(kSlot, image));
  ASSERT_TRUE(uploaded.ok()) << uploaded;
  ASSERT_TRUE(run(io, session->reset()).ok());
  const auto board = run(io, session->hello(5s));
  ASSERT_TRUE(board.ok()) << board.status();
  EXPECT_EQ(board->slot_image_bytes(), image.size());
  EXPECT_NE(board->slot_image_crc32(), 0U);
  // Nothing crosses the line again.
  ASSERT_TRUE(run(io, session->upload(kSlot, image, nullptr, true)).ok());
  EXPECT_EQ(session->resumed_from_bytes(), image.size());
  const auto loaded = run(io, session->load_model(kSlot));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->image_crc32(), board->slot_image_crc32());
  ASSERT_TRUE(run(io, session->set_input_seed(1)).ok());
  EXPECT_TRUE(run(io, session->infer(false)).ok());
  std::filesystem::remove(file);
}

TEST_F(AgentSessionTest, ImageInRamIsResumedAsWhole) {
  connect();
  const std::vector<std::uint8_t> image = packed_digits();
  load(image);
  ASSERT_TRUE(run(io, session->upload(kRam, image, nullptr, true)).ok());
  EXPECT_EQ(session->resumed_from_bytes(), image.size());
  EXPECT_TRUE(run(io, session->load_model(kRam)).ok());
}

TEST_F(AgentSessionTest, PacedAgentSaysSoAndKeepsThePace) {
  connect({"--paced-us", "2000"});
  EXPECT_NE(session->board()->capabilities() & agent::v1::CAPABILITY_PACED_INFERENCE, 0U);
  load(packed_digits());
  ASSERT_TRUE(run(io, session->set_input_seed(1)).ok());
  const auto result = run(io, session->measure_latency(1, 5));
  ASSERT_TRUE(result.ok()) << result.status();
  for (const std::uint64_t ticks : result->ticks) {
    EXPECT_GE(ticks, 2'000'000U);
  }
}

TEST_F(AgentSessionTest, AgentEndsWhenItsLineIsClosed) {
  connect();
  session.reset();
  EXPECT_EQ(agent->wait(), 0);
}

}  // namespace
}  // namespace tinyrig::link
