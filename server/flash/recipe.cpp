#include "server/flash/recipe.h"

#include <functional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"

namespace tinyrig::flash {
namespace {

using Names = std::set<std::string>;
const Names kAlways = {"port", "port_name", "serial"};
const Names kWithImage = {"port", "port_name", "serial", "image", "address", "size"};
const Names kReading = {"port", "port_name", "serial", "read_back", "address", "size"};

// `argument` with every placeholder replaced by what `value` says of its name.
std::string replaced(const std::string& argument, const std::function<std::string(const std::string&)>& value) {
  std::string result;
  for (std::size_t at = 0; at < argument.size();) {
    const std::size_t name_end = argument.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at + 1);
    const bool placeholder =
        argument[at] == '{' && name_end != std::string::npos && name_end > at + 1 && argument[name_end] == '}';
    if (placeholder) {
      result += value(argument.substr(at + 1, name_end - at - 1));
      at = name_end + 1;
    } else {
      result += argument[at++];
    }
  }
  return result;
}

Names placeholders_of(const RecipeStep& step) {
  Names names;
  for (const std::string& argument : step.argv) {
    replaced(argument, [&names](const std::string& name) {
      names.insert(name);
      return std::string();
    });
  }
  return names;
}

absl::Status usage(const std::string& what) {
  return make_error(absl::StatusCode::kInvalidArgument, "FLASH_USAGE", what, "docs/flashers.md has the placeholders.");
}

absl::Status check_step(const char* what, const RecipeStep& step, const Names& known, const std::string& needed) {
  const Names used = placeholders_of(step);
  for (const std::string& name : used) {
    if (known.contains(name)) continue;
    return usage(
        absl::StrCat("'", what, "' has the placeholder {", name, "}; it may have {", absl::StrJoin(known, "} {"), "}"));
  }
  if (!step.argv.empty() && !needed.empty() && !used.contains(needed)) {
    return usage(absl::StrCat("'", what, "' needs the placeholder {", needed, "}"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status check_recipe(const Recipe& recipe) {
  if (recipe.write.argv.empty()) return usage("'write' is missing: the command that flashes {image}");
  if (!recipe.verify.argv.empty() && !recipe.read.argv.empty()) {
    return usage("'verify' and 'read' are two ways to the same end: give one");
  }
  const absl::Status checks[] = {
      check_step("probe", recipe.probe, kAlways, ""), check_step("write", recipe.write, kWithImage, "image"),
      check_step("verify", recipe.verify, kWithImage, ""), check_step("read", recipe.read, kReading, "read_back"),
      check_step("reset", recipe.reset, kAlways, "")};
  for (const absl::Status& check : checks) {
    if (!check.ok()) return check;
  }
  return absl::OkStatus();
}

bool uses_placeholder(const Recipe& recipe, const std::string& name) {
  for (const RecipeStep* step : {&recipe.probe, &recipe.write, &recipe.verify, &recipe.read, &recipe.reset}) {
    if (placeholders_of(*step).contains(name)) return true;
  }
  return false;
}

absl::StatusOr<std::vector<std::string>> expand(const RecipeStep& step, const RecipeValues& values) {
  std::vector<std::string> argv;
  std::string missing;
  for (const std::string& argument : step.argv) {
    argv.push_back(replaced(argument, [&](const std::string& name) {
      const auto found = values.find(name);
      if (found == values.end()) missing = name;
      return found == values.end() ? std::string() : found->second;
    }));
  }
  if (!missing.empty()) return usage(absl::StrCat("nothing is known for the placeholder {", missing, "}"));
  return argv;
}

}  // namespace tinyrig::flash
