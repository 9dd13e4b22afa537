// Recipes and their placeholders.
#include "server/flash/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/error.h"

namespace tinyrig::flash {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Recipe writing(std::vector<std::string> argv) {
  Recipe recipe;
  recipe.write.argv = std::move(argv);
  return recipe;
}

TEST(Recipe, ValuesTakeThePlaceOfTheirNames) {
  const auto argv = expand({.argv = {"avrdude", "-P{port}", "-Uflash:w:{image}:i", "{port}{port}"}, .expect = ""},
                           {{"port", "/dev/tty {image}"}, {"image", "/tmp/a b.hex"}});
  ASSERT_TRUE(argv.ok()) << argv.status();
  // A value is never looked at again.
  EXPECT_THAT(*argv, ElementsAre("avrdude", "-P/dev/tty {image}", "-Uflash:w:/tmp/a b.hex:i",
                                 "/dev/tty {image}/dev/tty {image}"));
}

TEST(Recipe, OtherBracesAreText) {
  const auto argv =
      expand({.argv = {"{", "}", "{}", "{ port }", "if {1} {{x y}}", "{Port", "{port"}, .expect = ""}, {});
  ASSERT_TRUE(argv.ok()) << argv.status();
  EXPECT_THAT(*argv, ElementsAre("{", "}", "{}", "{ port }", "if {1} {{x y}}", "{Port", "{port"));
}

TEST(Recipe, AValueThatIsNotKnownIsAnError) {
  const auto argv = expand({.argv = {"st-flash", "--serial", "{serial}"}, .expect = ""}, {{"port", "x"}});
  EXPECT_EQ(reason_of(argv.status()), "FLASH_USAGE");
  EXPECT_THAT(std::string(argv.status().message()), HasSubstr("{serial}"));
}

TEST(Recipe, SaysWhatIsWrongWithIt) {
  EXPECT_TRUE(check_recipe(writing({"x", "{image}", "{address}", "{size}", "{port}", "{port_name}", "{serial}"})).ok());
  const std::pair<Recipe, const char*> bad[] = {
      {Recipe(), "'write' is missing"},
      {writing({"x", "{image}", "{img}"}), "'write' has the placeholder {img}; it may have {address} {image}"},
      {writing({"x"}), "'write' needs the placeholder {image}"},
      {writing({"x", "{image}", "{read_back}"}), "{read_back}"},
  };
  for (const auto& [recipe, message] : bad) {
    const absl::Status status = check_recipe(recipe);
    EXPECT_EQ(reason_of(status), "FLASH_USAGE");
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
  Recipe recipe = writing({"x", "{image}"});
  recipe.probe.argv = {"y", "{image}"};
  EXPECT_THAT(std::string(check_recipe(recipe).message()), HasSubstr("'probe' has the placeholder {image}"));
  recipe.probe.argv = {};
  recipe.read.argv = {"y", "{address}"};
  EXPECT_THAT(std::string(check_recipe(recipe).message()), HasSubstr("'read' needs the placeholder {read_back}"));
  recipe.read.argv = {"y", "{read_back}"};
  EXPECT_TRUE(check_recipe(recipe).ok());
  recipe.verify.argv = {"z"};
  EXPECT_THAT(std::string(check_recipe(recipe).message()), HasSubstr("give one"));
}

}  // namespace
}  // namespace tinyrig::flash
