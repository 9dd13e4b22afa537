#include "server/mlperf/script_file.h"

#include <gtest/gtest.h>

namespace tinyrig::mlperf {
namespace {

TEST(ScriptFile, Commands) {
  const auto commands = parse_script(
      "[\n    {\n        cmd: 'umount'\n    },\n  { cmd: 'bload dut \"C:\\\\a b\\\\c.bin\" 0 2560',\n ms: 5 },\n"
      "  {\"cmd\": \"dut infer 10 1\"},\n ack: /dut.?: m-ready/\n cmd: x\n cmd: 'open\n");
  ASSERT_EQ(commands.size(), 5U);
  EXPECT_EQ(commands[0].text, "umount");
  EXPECT_EQ(commands[0].line, 3U);
  EXPECT_EQ(commands[1].text, "bload dut \"c.bin\" 0 2560");
  EXPECT_EQ(commands[2].text, "dut infer 10 1");
  EXPECT_EQ(commands[3].text, "");
  EXPECT_EQ(commands[4].text, "open");
}

}  // namespace
}  // namespace tinyrig::mlperf
