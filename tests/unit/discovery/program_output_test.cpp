// Short-lived programs: what they say, and those that do not end.
#include "server/discovery/program_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "server/base/error.h"

namespace tinyrig::discovery {
namespace {

using namespace std::chrono_literals;

TEST(ProgramOutputTest, IsBothOfItsStreamsWhateverItsExitCode) {
  const auto output = program_output({"sh", "-c", "echo one; echo two >&2; exit 3"}, 20s);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(*output, "one\ntwo\n");
}

TEST(ProgramOutputTest, ArgumentsAreNoShellText) {
  const auto output = program_output({"printf", "%s|", "a b", "$HOME", "; false"}, 20s);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(*output, "a b|$HOME|; false|");
}

TEST(ProgramOutputTest, IsBounded) {
  const auto output = program_output({"yes"}, 20s);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_GE(output->size(), 65'536U);
  EXPECT_LT(output->size(), 65'536U + 4096U);
}

TEST(ProgramOutputTest, AMissingProgramIsSaidSo) {
  const auto output = program_output({"no-such-program-here"}, 20s);
  EXPECT_EQ(reason_of(output.status()), "PROGRAM_MISSING");
}

TEST(ProgramOutputTest, OneThatHangsIsKilledWithWhatItStarted) {
  // The grandchild holds the pipe, too: it ends when both are gone.
  const auto output = program_output({"sh", "-c", "sleep 1000 & sleep 1000"}, 50ms);
  EXPECT_EQ(reason_of(output.status()), "PROGRAM_HANGS") << output.status();
}

}  // namespace
}  // namespace tinyrig::discovery
