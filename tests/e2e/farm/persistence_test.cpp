// Agent and model slot survive a loss of power, as on silicon: nothing is flashed again.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;

struct SlotBoard {
  const char* type;
  const char* id;
  std::uint64_t slot_address;
  const char* model;
  bool model_is_ours;
  const char* placement;
};

void PrintTo(const SlotBoard& board, std::ostream* out) { *out << board.type; }

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// What a power loss keeps: the emulator's flash files, at the slot.
std::string slot_content(const Emulator& emulator, const SlotBoard& board) {
  const std::filesystem::path folder = emulator.state_folder() / board.id;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();  // flash-08000000.bin
    if (name.rfind("flash-", 0) != 0 || entry.path().extension() != ".bin") continue;
    const std::uint64_t start = std::stoull(name.substr(6, 8), nullptr, 16);
    if (board.slot_address < start || board.slot_address >= start + entry.file_size()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    file.seekg(static_cast<std::streamoff>(board.slot_address - start));
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  return "";
}

class PersistenceTest : public ::testing::TestWithParam<SlotBoard> {};

TEST_P(PersistenceTest, ABoardComesBackAsItWas) {
  const SlotBoard board = GetParam();
  const char* reference = std::getenv("TINYRIG_REFERENCE_DIR");
  if (!board.model_is_ours && reference == nullptr) GTEST_SKIP() << "TINYRIG_REFERENCE_DIR is not set";
  const ShortFolder folder;
  Emulator emulator(folder.path(), board.type);
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}, .with_firmware = true});
  if (board.model_is_ours) {
    daemon.add_own_model(board.model);
  } else {
    const std::filesystem::path models = std::filesystem::path(reference) / "models";
    const std::string name = board.model;
    daemon.add_model(models / (name + ".tflite"), models / "golden" / (name + ".json"));
  }
  const auto run_once = [&] {
    const std::string job_id = daemon.api().submit(quick_job(board.model, board.type)).job().job_id();
    const v1::Job job = daemon.api().finished_job(job_id, within(seconds(120)));
    EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon.log();
    return daemon.api().run(job.runs(0).run_id());
  };
  const v1::Run before = run_once();
  ASSERT_FALSE(HasFailure());
  EXPECT_EQ(before.result().provenance().placement(), board.placement);
  const bool in_slot = std::string(board.placement) == "flash_slot";
  // The agent, and the slot where the agent cannot write it.
  const std::size_t flashed = count_of(emulator.process().output(), "flashed and reset by its debug probe");
  EXPECT_EQ(flashed, in_slot ? 2U : 1U) << emulator.process().output();

  ASSERT_EQ(emulator.control(std::string("power ") + board.id + " cycle"), "ok\n");
  const std::string kept = slot_content(emulator, board);
  if (in_slot) {
    EXPECT_EQ(kept.substr(0, 4), "TRPM") << "a packed model";
  }
  const v1::Run after = run_once();
  EXPECT_EQ(count_of(emulator.process().output(), "flashed and reset by its debug probe"), flashed)
      << emulator.process().output() << daemon.log();
  EXPECT_EQ(after.result().provenance().agent().unit_id(), before.result().provenance().agent().unit_id());
  EXPECT_EQ(after.result().provenance().agent().build_id(), before.result().provenance().agent().build_id());
  EXPECT_EQ(after.result().latency().median_ticks(), before.result().latency().median_ticks());
  const v1::FlashWear wear = daemon.api().board(board.id).flash_wear();
  EXPECT_EQ(wear.firmware_writes(), 1U);
  EXPECT_EQ(wear.model_slot_writes(), in_slot ? 1U : 0U);

  ASSERT_EQ(emulator.control(std::string("power ") + board.id + " cycle"), "ok\n");
  EXPECT_EQ(slot_content(emulator, board), kept) << "the slot's content changed over a power cycle";
}

TEST(SlotWear, EachWritingOfTheSlotIsCountedAndNoOtherRun) {
  const ShortFolder folder;
  // Room for the arena of "vibration" alone: its model goes to the slot.
  const Emulator emulator(folder.path(), "host", programs().host_agent, {"--ram-bytes=30000"});
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  daemon.add_own_model("digits");
  daemon.add_own_model("vibration");
  const auto writes_after = [&](const std::string& model, const std::string& placement) {
    const std::string job_id = daemon.api().submit(quick_job(model, "host-1")).job().job_id();
    const v1::Job job = daemon.api().finished_job(job_id, within(seconds(60)));
    EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon.log();
    EXPECT_EQ(daemon.api().run(job.runs(0).run_id()).result().provenance().placement(), placement);
    return daemon.api().board("host-1").flash_wear().model_slot_writes();
  };
  EXPECT_EQ(writes_after("digits", "ram"), 0U);
  EXPECT_EQ(writes_after("vibration", "flash_slot"), 1U);
  EXPECT_EQ(writes_after("digits", "ram"), 1U);
  EXPECT_EQ(writes_after("vibration", "flash_slot"), 1U) << "it was there";
  const Ended shown = daemon.cli({"board", "show", "host-1"});
  EXPECT_NE(shown.output.find("firmware 0 times, model slot 1 time"), std::string::npos) << shown.output;
}

TEST(SlotWear, AnotherChipBeginsAnew) {
  const ShortFolder folder;
  const Emulator emulator(folder.path(), "host=2", programs().host_agent, {"--ram-bytes=30000"});
  const std::filesystem::path port = folder.path() / "port", farm = folder.path() / "one.toml";
  std::filesystem::create_symlink(emulator.run_folder() / "host-1", port);
  std::ofstream(farm) << "[[board]]\nid = \"one\"\ntype = \"host\"\nport = \"" << port.string() << "\"\n";
  Daemon daemon(folder.path(), {.farm_files = {farm}});
  daemon.add_own_model("vibration");
  const std::string job_id = daemon.api().submit(quick_job("vibration", "one")).job().job_id();
  EXPECT_EQ(daemon.api().finished_job(job_id, within(seconds(60))).outcome(), v1::OUTCOME_SUCCEEDED) << daemon.log();
  EXPECT_EQ(daemon.api().board("one").flash_wear().model_slot_writes(), 1U);
  daemon.kill();
  std::filesystem::remove(port);
  std::filesystem::create_symlink(emulator.run_folder() / "host-2", port);
  daemon.start();
  ASSERT_TRUE(daemon.wait_for_idle("one", within(seconds(60)))) << daemon.log();
  EXPECT_FALSE(daemon.api().board("one").has_flash_wear());
  EXPECT_NE(daemon.cli({"board", "log", "one"}).output.find("another chip: unit "), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Boards, PersistenceTest,
                         ::testing::Values(SlotBoard{"microbit", "emu-microbit-1", 0x0002'0000, "digits", true, "ram"},
                                           SlotBoard{"netduinoplus2", "emu-netduino-1", 0x0808'0000, "ad", false,
                                                     "flash_slot"}),
                         [](const auto& tested) { return std::string(tested.param.type); });

}  // namespace
}  // namespace tinyrig::test
