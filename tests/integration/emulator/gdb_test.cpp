// The real GDB and our own client of its protocol on the same board: what one wrote, the other reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "server/flash/tool_process.h"
#include "tests/integration/emulator/flashable_board.h"
#include "tests/support/flash/installed.h"

namespace tinyrig {
namespace {

using ::testing::HasSubstr;

class GdbTest : public test::FlashableBoardTest {
 protected:
  void SetUp() override {
    if (!test::is_installed("gdb-multiarch")) {
      GTEST_SKIP() << "gdb-multiarch is not installed: apt-get install gdb-multiarch";
    }
    FlashableBoardTest::SetUp();
  }

  // What it printed. It ends with 0 whatever happened.
  std::string gdb(const std::vector<std::string>& commands) {
    const std::string endpoint = farm_.flasher_endpoint(GetParam().id).substr(std::string("unix:").size());
    flash::ToolRun tool;
    tool.argv = {"gdb-multiarch", "-nx", "-batch", "-ex", "set confirm off", elf(), "-ex", "target remote " + endpoint};
    for (const std::string& command : commands) tool.argv.insert(tool.argv.end(), {"-ex", command});
    flash::ToolProcess process;
    const auto end = test::run(context_, process.run(std::move(tool)));
    EXPECT_TRUE(end.ok() && !end->timed_out) << end.status();
    return end.ok() ? end->output : "";
  }
  std::string elf() const { return farm_.environment().firmware + "/" + GetParam().type + "/tinyrig-agent.elf"; }
  std::filesystem::path file(const std::string& name) const { return farm_.state_folder() / name; }
};

TEST_P(GdbTest, ReadsWhatWeWrote) {
  const auto report = test::run(context_, flasher_->flash(firmware_.image, {}));
  ASSERT_TRUE(report.ok()) << report.status();
  std::vector<std::string> commands;
  for (std::size_t i = 0; i < firmware_.image.segments.size(); ++i) {
    const flash::Segment& segment = firmware_.image.segments[i];
    commands.push_back(absl::StrFormat("dump binary memory %s 0x%x 0x%x", file(std::to_string(i)).string(),
                                       segment.address, segment.address + segment.bytes.size()));
  }
  commands.emplace_back("compare-sections");
  commands.emplace_back("detach");
  const std::string printed = gdb(commands);
  for (std::size_t i = 0; i < firmware_.image.segments.size(); ++i) {
    std::ifstream stream(file(std::to_string(i)), std::ios::binary);
    const std::vector<char> dumped{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_EQ(std::vector<std::uint8_t>(dumped.begin(), dumped.end()), firmware_.image.segments[i].bytes) << printed;
  }
  EXPECT_THAT(printed, HasSubstr("matched."));
  EXPECT_EQ(printed.find("MIS-MATCHED"), std::string::npos) << printed;
  expect_agent();
}

TEST_P(GdbTest, WritesWhatWeRead) {
  // Nothing of the image is there before, so that what is found afterwards was loaded. (What lies between sections is
  // zero, and not loaded.)
  std::vector<std::string> commands;
  for (std::size_t i = 0; i < firmware_.image.segments.size(); ++i) {
    const flash::Segment& segment = firmware_.image.segments[i];
    std::vector<std::uint8_t> other = segment.bytes;
    for (std::uint8_t& byte : other) byte = byte == 0 ? 0 : static_cast<std::uint8_t>(byte ^ 0xFF);
    std::ofstream(file(std::to_string(i)), std::ios::binary)
        .write(reinterpret_cast<const char*>(other.data()), static_cast<std::streamsize>(other.size()));
    commands.push_back(absl::StrFormat("restore %s binary 0x%x", file(std::to_string(i)).string(), segment.address));
  }
  commands.insert(commands.end(), {"compare-sections", "load", "monitor system_reset", "detach"});
  const std::string printed = gdb(commands);
  EXPECT_THAT(printed, HasSubstr("MIS-MATCHED"));
  for (const flash::Segment& segment : firmware_.image.segments) {
    const auto memory = test::run(context_, flasher_->read(segment.address, segment.bytes.size()));
    ASSERT_TRUE(memory.ok()) << memory.status();
    EXPECT_EQ(*memory, segment.bytes) << printed;
  }
  expect_agent();
}

INSTANTIATE_TEST_SUITE_P(FlasherBoards, GdbTest,
                         ::testing::Values(test::kBoards[0], test::kBoards[1], test::kBoards[5]), test::test_name);

}  // namespace
}  // namespace tinyrig
