#include "server/boards/flasher_setup.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tinyrig::boards {
namespace {

constexpr const char* kKinds[] = {"gdb-remote", "command"};
constexpr std::uint64_t kLongestDeadlineS = 3600;

std::string read_kind(TomlReader& reader, const toml::table& table) {
  std::string kind = reader.text("kind");
  if (!kind.empty() && std::find(std::begin(kKinds), std::end(kKinds), kind) == std::end(kKinds)) {
    reader.fail(table, absl::StrCat("flasher 'kind' must be one of ", absl::StrJoin(kKinds, ", ")));
  }
  return kind;
}

std::chrono::milliseconds read_deadline(TomlReader& reader, const toml::table& table) {
  const std::uint64_t seconds = reader.number("deadline_s", 60);
  if (seconds == 0 || seconds > kLongestDeadlineS) reader.fail(table, "'deadline_s' must be from 1 to 3600");
  return std::chrono::seconds(seconds);
}

flash::Recipe read_recipe(TomlReader& reader, const toml::table& table) {
  flash::Recipe recipe;
  recipe.probe = {reader.texts("probe"), reader.text("probe_expect", "")};
  recipe.write = {reader.texts("write"), reader.text("write_expect", "")};
  recipe.verify = {reader.texts("verify"), reader.text("verify_expect", "")};
  recipe.read = {reader.texts("read"), ""};
  const std::string format = reader.text("image_format", "hex");
  if (const auto known = flash::image_format_named(format); known.has_value()) {
    recipe.format = *known;
  } else {
    reader.fail(table, "'image_format' must be one of elf, bin, hex, uf2");
  }
  const std::uint64_t family = reader.number("uf2_family", 0);
  if (family > std::numeric_limits<std::uint32_t>::max()) reader.fail(table, "'uf2_family' must be of 32 bits");
  recipe.file.uf2_family = static_cast<std::uint32_t>(family);
  recipe.deadline = read_deadline(reader, table);
  if (const toml::table* errors = reader.table("errors"); errors != nullptr) {
    TomlReader rules = reader.inner(*errors, "errors");
    for (const flash::FlashFailure failure : flash::kFlashFailures) {
      for (std::string& text : rules.texts(flash::recipe_name(failure))) {
        // An empty text would fit every output.
        if (text.empty()) rules.fail(*errors, "a text of 'errors' must not be empty");
        recipe.errors.push_back({std::move(text), failure});
      }
    }
    reader.take(rules.finish());
  }
  if (const absl::Status status = flash::check_recipe(recipe); !status.ok()) {
    reader.fail(table, std::string(status.message()));
  }
  return recipe;
}

}  // namespace

FlasherSetup read_type_flasher(TomlReader& reader, const toml::table& table) {
  FlasherSetup setup;
  setup.kind = read_kind(reader, table);
  if (setup.kind == "gdb-remote") setup.reset_command = reader.text("reset_command", "");
  if (setup.kind == "command") setup.recipe = read_recipe(reader, table);
  return setup;
}

FlasherSetup read_board_flasher(TomlReader& reader, const toml::table& table) {
  FlasherSetup setup;
  setup.kind = read_kind(reader, table);
  if (setup.kind == "gdb-remote") {
    setup.endpoint = reader.text("endpoint");
    if (!absl::StartsWith(setup.endpoint, "unix:") && !absl::StartsWith(setup.endpoint, "tcp:")) {
      reader.fail(table, "'endpoint' must be \"unix:PATH\" or \"tcp:HOST:PORT\"");
    }
  }
  if (setup.kind == "command") {
    setup.serial = reader.text("serial", "");
    // Without one of its own, the board is flashed by the recipe of its type.
    if (!reader.texts("write").empty()) setup.recipe = read_recipe(reader, table);
  }
  return setup;
}

}  // namespace tinyrig::boards
