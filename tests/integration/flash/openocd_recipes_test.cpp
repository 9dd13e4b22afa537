// The recipes of the catalog that call openocd, as the real one reads them: up to where it would look for the probe.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "server/base/error.h"
#include "server/boards/catalog.h"
#include "server/flash/recipe.h"
#include "server/flash/tool_process.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::flash {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<ToolEnd> run_tool(const std::vector<std::string>& argv) {
  boost::asio::io_context io;
  ToolProcess process;
  ToolRun tool;
  tool.argv = argv;
  return test::run(io, process.run(tool));
}

// With openocd's `init`, which opens the probe, replaced by the question for what it needs: a speed. Board files call
// init themselves; whatever stands behind them comes too late, and is not reached here either.
std::vector<std::string> without_a_probe(const RecipeStep& write) {
  const RecipeValues values = {{"serial", "123456789; echo {the serial is known}"}, {"image", "image.hex"}};
  const absl::StatusOr<std::vector<std::string>> expanded = expand(write, values);
  EXPECT_TRUE(expanded.ok()) << expanded.status();
  std::vector<std::string> argv = {"openocd", "-c", "proc init {} { adapter speed; shutdown }"};
  if (!expanded.ok()) return argv;
  argv.insert(argv.end(), expanded->begin() + 1, expanded->end());
  EXPECT_TRUE(absl::StartsWith(argv.back(), "program ")) << argv.back();
  argv.back() = "init";
  return argv;
}

TEST(OpenocdRecipes, AreTakenByOpenocd) {
  if (reason_of(run_tool({"openocd", "--version"}).status()) == "PROGRAM_MISSING") {
    GTEST_SKIP() << "openocd is not installed: apt-get install openocd";
  }
  const auto catalog = boards::load_catalog(TINYRIG_CATALOG_DIR);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  int recipes = 0;
  for (const boards::CatalogEntry& entry : *catalog) {
    if (!entry.flasher.recipe.has_value() || entry.flasher.recipe->write.argv.front() != "openocd") continue;
    ++recipes;
    const auto end = run_tool(without_a_probe(entry.flasher.recipe->write));
    ASSERT_TRUE(end.ok()) << end.status();
    EXPECT_EQ(end->exit_code, 0) << entry.type.id() << ": " << end->output;
    EXPECT_THAT(end->output, HasSubstr("\nthe serial is known\n")) << entry.type.id() << ": given before init";
    EXPECT_THAT(end->output, HasSubstr("shutdown command invoked")) << entry.type.id();
  }
  EXPECT_GE(recipes, 8);
}

}  // namespace
}  // namespace tinyrig::flash
