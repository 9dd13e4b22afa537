// The flasher by recipe with tools made of shell scripts: honest ones, and ones that hang, fail and lie.
#include "server/flash/recipe_flasher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "server/base/error.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::flash {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RecipeFlasherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tinyrig-recipe.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    flash_ = (folder_ / "flash").string();
    image_.segments.push_back({0x08000000, {1, 2, 3}});
    image_.segments.push_back({0x08000008, {9}});
    recipe_.format = ImageFormat::kBin;
    recipe_.write = shell("cp \"$1\" " + flash_ + " && echo written", {"{image}"});
    recipe_.read = shell("cp " + flash_ + " \"$1\"", {"{read_back}"});
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static RecipeStep shell(const std::string& script, std::vector<std::string> arguments = {}) {
    RecipeStep step{.argv = {"/bin/sh", "-c", script, "sh"}, .expect = ""};
    step.argv.insert(step.argv.end(), arguments.begin(), arguments.end());
    return step;
  }

  absl::StatusOr<FlashReport> flash() {
    const auto flasher = make_recipe_flasher(recipe_, values_);
    return test::run(io_, flasher->flash(image_, [this](std::size_t done, std::size_t) { progress_.push_back(done); }));
  }

  std::string content(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::filesystem::path folder_;
  std::string flash_;
  boost::asio::io_context io_;
  FirmwareImage image_;
  Recipe recipe_;
  RecipeValues values_ = {{"port", "/dev/ttyX0"}};
  std::vector<std::size_t> progress_;
};

TEST_F(RecipeFlasherTest, WritesAndComparesWhatItReadsBack) {
  const auto report = flash();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->bytes_written, 4U);
  EXPECT_TRUE(report->read_back);
  EXPECT_EQ(content(flash_), std::string("\1\2\3\xFF\xFF\xFF\xFF\xFF\x09"));
  EXPECT_THAT(progress_, ElementsAre(4, 8));
}

TEST_F(RecipeFlasherTest, ResetRunsItsCommandAlone) {
  EXPECT_FALSE(make_recipe_flasher(recipe_, values_)->can_reset());
  recipe_.reset = shell("echo \"$1\" > " + (folder_ / "reset").string() + " && echo done", {"{port}"});
  recipe_.reset.expect = "done";
  const auto flasher = make_recipe_flasher(recipe_, values_);
  ASSERT_TRUE(flasher->can_reset());
  EXPECT_TRUE(test::run(io_, flasher->reset()).ok());
  EXPECT_EQ(content(folder_ / "reset"), "/dev/ttyX0\n");
  EXPECT_FALSE(std::filesystem::exists(flash_));
  recipe_.reset = shell("echo no answer from target; exit 3");
  const absl::Status failed = test::run(io_, make_recipe_flasher(recipe_, values_)->reset());
  EXPECT_THAT(std::string(failed.message()), HasSubstr("exit 3"));
}

TEST_F(RecipeFlasherTest, AToolThatLiesIsFoundOutByReadingBack) {
  recipe_.write = shell("printf '\\001\\002\\004\\377\\377\\377\\377\\377\\011' > " + flash_, {"{image}"});
  const auto report = flash();
  EXPECT_EQ(reason_of(report.status()), "FLASH_VERIFY");
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("at 0x08000002 it holds 0x04, written was 0x03"));
}

TEST_F(RecipeFlasherTest, ABoardThatReadsBackTooLittleDiffers) {
  recipe_.read = shell("printf x > \"$1\"", {"{read_back}"});
  const auto report = flash();
  EXPECT_EQ(reason_of(report.status()), "FLASH_VERIFY");
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("read 1 of 9 bytes"));
}

TEST_F(RecipeFlasherTest, AnExitCodeIsNotBelievedWithoutTheWords) {
  recipe_.write.expect = "jolly good";
  const auto report = flash();
  EXPECT_EQ(reason_of(report.status()), "FLASH_IO");
  EXPECT_THAT(std::string(report.status().message()),
              HasSubstr("ended with 0, but did not print \"jolly good\"); its last lines: written"));
}

TEST_F(RecipeFlasherTest, FailuresAreClassifiedByTheRecipesRulesToo) {
  recipe_.write = shell("echo no such board >&2; exit 3", {"{image}"});
  recipe_.errors = {{"no such board", FlashFailure::kNoTarget}};
  const auto report = flash();
  EXPECT_EQ(reason_of(report.status()), "FLASH_NO_TARGET");
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("(exit 3); its last lines: no such board"));
}

TEST_F(RecipeFlasherTest, TheToolsOwnComparisonCounts) {
  recipe_.read = {};
  recipe_.verify = shell("cmp \"$1\" " + flash_, {"{image}"});
  ASSERT_TRUE(flash().ok());
  recipe_.write = shell("echo other > " + flash_, {"{image}"});
  recipe_.errors = {{"differ", FlashFailure::kVerify}};
  EXPECT_EQ(reason_of(flash().status()), "FLASH_VERIFY");
}

TEST_F(RecipeFlasherTest, ARecipeThatCannotCompareSaysSo) {
  recipe_.read = {};
  const auto report = flash();
  ASSERT_TRUE(report.ok());
  EXPECT_FALSE(report->read_back);
  const auto flasher = make_recipe_flasher(recipe_, values_);
  EXPECT_EQ(reason_of(test::run(io_, flasher->read(0, 1)).status()), "FLASH_USAGE");
}

TEST_F(RecipeFlasherTest, NothingIsWrittenWhenTheProbeIsNotThere) {
  recipe_.probe = shell("echo Found 0 probes");
  recipe_.probe.expect = "Found 1";
  recipe_.errors = {{"Found 0 probes", FlashFailure::kNoProbe}};
  EXPECT_EQ(reason_of(flash().status()), "FLASH_NO_PROBE");
  EXPECT_FALSE(std::filesystem::exists(flash_));
}

TEST_F(RecipeFlasherTest, AToolThatHangsIsStopped) {
  recipe_.write = shell("exec sleep 1000", {"{image}"});
  recipe_.deadline = std::chrono::milliseconds(100);
  EXPECT_EQ(reason_of(flash().status()), "FLASH_TIMEOUT");
}

TEST_F(RecipeFlasherTest, EndsWhenItIsCancelled) {
  recipe_.write = shell("exec sleep 1000", {"{image}"});
  const auto flasher = make_recipe_flasher(recipe_, values_);
  // The second round of the loop: by then the tool runs.
  boost::asio::post(io_, [&] { boost::asio::post(io_, [&] { flasher->cancel(); }); });
  EXPECT_EQ(test::run(io_, flasher->flash(image_, {})).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(RecipeFlasherTest, AToolThatIsNotInstalledIsNamed) {
  recipe_.write.argv = {"no-such-flasher-anywhere", "{image}"};
  const auto report = flash();
  EXPECT_EQ(reason_of(report.status()), "FLASH_USAGE");
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("no-such-flasher-anywhere is not installed"));
}

TEST_F(RecipeFlasherTest, TheImageIsOursAloneAndGoneAfterwards) {
  recipe_.write = shell(
      "stat -c '%a %n' \"$(dirname \"$1\")\" > " + (folder_ / "seen").string() + "; cp \"$1\" " + flash_, {"{image}"});
  ASSERT_TRUE(flash().ok());
  const std::string seen = content(folder_ / "seen");
  EXPECT_EQ(seen.substr(0, 4), "700 ");
  EXPECT_FALSE(std::filesystem::exists(seen.substr(4, seen.size() - 5)));
}

TEST_F(RecipeFlasherTest, PlaceholdersSayWhereAndHowMuch) {
  recipe_.write = shell("echo \"$@\" > " + (folder_ / "seen").string() + "; cp \"$1\" " + flash_,
                        {"{image}", "{address}", "{size}", "{port}", "{port_name}"});
  ASSERT_TRUE(flash().ok());
  EXPECT_THAT(content(folder_ / "seen"), HasSubstr("image.bin 0x08000000 0x9 /dev/ttyX0 ttyX0\n"));
}

TEST_F(RecipeFlasherTest, ToolsThatUseThePortTakeIt) {
  EXPECT_FALSE(make_recipe_flasher(recipe_, values_)->takes_port());
  recipe_.write.argv.push_back("-p{port_name}");
  EXPECT_TRUE(make_recipe_flasher(recipe_, values_)->takes_port());
}

TEST_F(RecipeFlasherTest, AnEmptyImageIsRefused) {
  image_.segments.clear();
  EXPECT_EQ(reason_of(flash().status()), "FLASH_IMAGE_EMPTY");
}

}  // namespace
}  // namespace tinyrig::flash
