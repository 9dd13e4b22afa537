// The current that a board type states: read where it is, and errors that name file and key.
#include "emulator/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "server/base/error.h"

namespace tinyrig::emulator {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<EmulatedType> type_with(const std::string& emulator_keys) {
  std::string pattern = ::testing::TempDir() + "/catalog.XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  std::ofstream(folder / "toy.toml") << "id = \"toy\"\n[emulator]\nshort_name = \"toy\"\n" << emulator_keys << "\n";
  auto catalog = load_catalog(folder);
  std::filesystem::remove_all(folder);
  if (!catalog.ok()) return catalog.status();
  return catalog->at("toy");
}

TEST(EmulatorCatalog, CurrentIsOptional) {
  const auto without = type_with("");
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_FALSE(without->current.has_value());
  const auto with = type_with("current = { idle_ua = 1_500, active_ua = 6_500 }");
  ASSERT_TRUE(with.ok()) << with.status();
  EXPECT_EQ(with->current->idle_ua, 1500U);
  EXPECT_EQ(with->current->active_ua, 6500U);
}

TEST(EmulatorCatalog, ErrorsNameFileAndKey) {
  const std::pair<const char*, const char*> cases[] = {
      {"current = 5", "emulator.current is a table"},
      {"current = { active_ua = 1 }", "emulator.current.idle_ua"},
      {"current = { idle_ua = 1 }", "emulator.current.active_ua"},
      {"current = { idle_ua = \"1\", active_ua = 1 }", "emulator.current.idle_ua"},
      {"current = { idle_ua = -1, active_ua = 1 }", "emulator.current.idle_ua"},
      {"current = { idle_ua = 1, active_ua = 1_000_001 }", "emulator.current.active_ua"},
      {"current = { idle_ua = 1, active_ua = 2, sleep_ua = 3 }", "emulator.current.sleep_ua"},
  };
  for (const auto& [keys, named] : cases) {
    const auto type = type_with(keys);
    EXPECT_EQ(reason_of(type.status()), "CATALOG_INVALID") << keys;
    EXPECT_THAT(std::string(type.status().message()), HasSubstr("toy.toml: ")) << keys;
    EXPECT_THAT(std::string(type.status().message()), HasSubstr(named)) << keys;
  }
}

TEST(EmulatorCatalog, OursStatesCurrentsThatDiffer) {
  const auto catalog = load_catalog(TINYRIG_CATALOG_DIR);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  std::map<std::uint32_t, std::string> seen;
  for (const auto& [id, type] : *catalog) {
    if (!type.current.has_value()) continue;
    EXPECT_LT(type.current->idle_ua, type.current->active_ua) << id;
    EXPECT_TRUE(seen.emplace(type.current->active_ua, id).second) << id << " and " << seen[type.current->active_ua];
  }
  EXPECT_EQ(seen.size(), 6U);
}

}  // namespace
}  // namespace tinyrig::emulator
