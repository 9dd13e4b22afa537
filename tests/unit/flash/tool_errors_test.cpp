// The classifier on what the tools really print (tool_outputs/README.md).
#include "server/flash/tool_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "server/base/error.h"

namespace tinyrig::flash {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path kOutputs = TINYRIG_TOOL_OUTPUTS;

struct Recorded {
  const char* program;
  const char* file;
  const char* reason;
};

constexpr Recorded kRecorded[] = {
    {"openocd", "openocd-no-stlink", "FLASH_NO_PROBE"},
    {"openocd", "openocd-no-cmsis-dap", "FLASH_NO_PROBE"},
    {"openocd", "openocd-no-jlink", "FLASH_NO_PROBE"},
    {"openocd", "openocd-missing-config", "FLASH_USAGE"},
    {"openocd", "openocd-unknown-command", "FLASH_USAGE"},
    {"openocd", "openocd-nothing-on-the-bus", "FLASH_NO_TARGET"},
    {"st-flash", "st-flash-no-probe", "FLASH_NO_PROBE"},
    {"st-flash", "st-flash-wrong-arguments", "FLASH_USAGE"},
    {"st-info", "st-info-no-probe", "FLASH_NO_PROBE"},
    {"dfu-util", "dfu-util-no-device", "FLASH_NO_PROBE"},
    {"dfu-util", "dfu-util-missing-file", "FLASH_USAGE"},
    {"dfu-util", "dfu-util-wrong-arguments", "FLASH_USAGE"},
    {"bossac", "bossac-no-port", "FLASH_NO_TARGET"},
    {"bossac", "bossac-silent-port", "FLASH_NO_TARGET"},
    {"bossac", "bossac-no-samba", "FLASH_IO"},
    {"bossac", "bossac-wrong-arguments", "FLASH_USAGE"},
    {"avrdude", "avrdude-no-port", "FLASH_NO_PROBE"},
    {"avrdude", "avrdude-port-not-allowed", "FLASH_NO_PROBE"},
    {"avrdude", "avrdude-no-usb-programmer", "FLASH_NO_PROBE"},
    {"avrdude", "avrdude-port-in-use", "FLASH_BUSY"},
    {"avrdude", "avrdude-silent-port", "FLASH_NO_TARGET"},
    {"avrdude", "avrdude-other-protocol", "FLASH_NO_TARGET"},
    {"avrdude", "avrdude-unknown-programmer", "FLASH_USAGE"},
    {"stm32flash", "stm32flash-no-port", "FLASH_NO_PROBE"},
    {"stm32flash", "stm32flash-silent-port", "FLASH_NO_TARGET"},
    {"stm32flash", "stm32flash-other-protocol", "FLASH_NO_TARGET"},
    {"stm32flash", "stm32flash-no-parity", "FLASH_USAGE"},
    {"stm32flash", "stm32flash-wrong-arguments", "FLASH_USAGE"},
};

ToolEnd ended(int exit_code, std::string output) {
  return {.exit_code = exit_code, .how = "exit " + std::to_string(exit_code), .output = std::move(output)};
}

class RecordedFailure : public ::testing::TestWithParam<Recorded> {};

TEST_P(RecordedFailure, HasItsReason) {
  std::ifstream file(kOutputs / (std::string(GetParam().file) + ".txt"));
  ASSERT_TRUE(file) << GetParam().file;
  const std::string output{std::istreambuf_iterator<char>(file), {}};
  for (const std::string& program : {std::string(GetParam().program), "/usr/bin/" + std::string(GetParam().program)}) {
    const absl::Status status = tool_failure(program, ended(1, output));
    EXPECT_EQ(reason_of(status), GetParam().reason) << output;
    EXPECT_THAT(std::string(status.message()), HasSubstr(program + " failed (exit 1); its last lines: "));
    EXPECT_FALSE(hint_of(status).empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Tools, RecordedFailure, ::testing::ValuesIn(kRecorded), [](const auto& recorded) {
  std::string name = recorded.param.file;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
});

TEST(ToolErrors, EveryRecordingIsUsed) {
  std::set<std::string> used, recorded;
  for (const Recorded& one : kRecorded) used.insert(one.file);
  for (const auto& entry : std::filesystem::directory_iterator(kOutputs)) {
    if (entry.path().extension() == ".txt") recorded.insert(entry.path().stem().string());
  }
  EXPECT_EQ(used, recorded);
}

// The texts in the programs themselves, where nothing but a board can bring them about.
TEST(ToolErrors, KnowsWhatOnlyBoardsBringAbout) {
  EXPECT_EQ(classify("openocd", "Error: x\n** Verify Failed **\n"), FlashFailure::kVerify);
  EXPECT_EQ(classify("openocd", "Error: stm32x device protected\n** Programming Failed **"), FlashFailure::kLocked);
  EXPECT_EQ(classify("st-flash", "ERROR common.c: Flash memory is write protected"), FlashFailure::kLocked);
  EXPECT_EQ(classify("st-flash", "Verification of flash failed at offset: 12"), FlashFailure::kVerify);
  EXPECT_EQ(classify("avrdude", "attempt 1 of 10: not in sync\navrdude error: verification mismatch"),
            FlashFailure::kVerify);
  EXPECT_EQ(classify("avrdude", "avrdude error: address 0x40010 out of range at line 27 of image.hex"),
            FlashFailure::kUsage);
  EXPECT_EQ(classify("stm32flash", "Failed to verify at address 0x08000100, expected 0x01 and found 0x02"),
            FlashFailure::kVerify);
  EXPECT_EQ(classify("stm32flash", "Failed to read memory at address 0x08000000, target write-protected?"),
            FlashFailure::kLocked);
}

TEST(ToolErrors, ARecipesOwnRulesComeFirst) {
  const std::vector<FailureRule> own = {{"no such board", FlashFailure::kNoTarget}};
  EXPECT_EQ(classify("mytool", "no such board"), FlashFailure::kIo);
  EXPECT_EQ(classify("mytool", "no such board", own), FlashFailure::kNoTarget);
  EXPECT_EQ(classify("openocd", "open failed: no such board", own), FlashFailure::kNoTarget);
}

TEST(ToolErrors, ATimeThatIsOverIsOneWhateverWasPrinted) {
  ToolEnd end{.exit_code = std::nullopt, .how = "signal 9 (Killed)", .timed_out = true, .output = "open failed"};
  const absl::Status status = tool_failure("openocd", end);
  EXPECT_EQ(reason_of(status), "FLASH_TIMEOUT");
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(ToolErrors, MessagesAreShortAndPrintable) {
  std::string output;
  for (int i = 0; i < 100; ++i) output += "line " + std::to_string(i) + "\r\n";
  output += std::string(1000, 'x') + "\n\xFF\x01";
  const std::string message(tool_failure("mytool", ended(2, output)).message());
  EXPECT_THAT(message, HasSubstr("line 99 | xxx"));
  EXPECT_EQ(message.find("line 90 "), std::string::npos);
  EXPECT_EQ(message.find('\xFF'), std::string::npos);
  EXPECT_LT(message.size(), 1000U);
  EXPECT_THAT(std::string(tool_failure("mytool", ended(2, "")).message()), HasSubstr("it printed nothing"));
}

TEST(ToolErrors, NamesOfRecipesMatchReasons) {
  for (const FlashFailure failure : kFlashFailures) {
    std::string name = recipe_name(failure);
    for (char& c : name) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(reason_of(flash_failure(failure, "x")), "FLASH_" + name);
  }
}

}  // namespace
}  // namespace tinyrig::flash
