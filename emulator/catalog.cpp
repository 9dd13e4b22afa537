#include "emulator/catalog.h"

#include <toml++/toml.h>

#include <limits>
#include <optional>

#include "server/base/error.h"

namespace tinyrig::emulator {
namespace {

absl::Status invalid(const std::filesystem::path& file, const std::string& what) {
  return make_error(absl::StatusCode::kInvalidArgument, "CATALOG_INVALID", file.string() + ": " + what,
                    "deploy/boards/README.md lists the keys");
}

std::vector<std::string> texts(toml::node_view<const toml::node> node) {
  std::vector<std::string> result;
  if (const toml::array* array = node.as_array()) {
    for (const toml::node& item : *array) {
      if (const auto text = item.value<std::string>()) result.push_back(*text);
    }
  }
  return result;
}

std::optional<std::uint32_t> word(toml::node_view<const toml::node> node) {
  const auto value = node.value<std::int64_t>();
  if (!value.has_value() || *value < 0 || *value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

absl::Status read_flash(const toml::table& emulator, const std::filesystem::path& file, EmulatedType& type) {
  const toml::array* regions = emulator["flash"].as_array();
  if (regions == nullptr || regions->empty()) return invalid(file, "emulator.flash names no region");
  for (const toml::node& node : *regions) {
    const toml::table* region = node.as_table();
    if (region == nullptr) return invalid(file, "emulator.flash: each region is a table");
    const auto address = word((*region)["address"]), bytes = word((*region)["bytes"]);
    constexpr std::uint32_t kLargestRegion = 64U << 20;
    if (!address || !bytes || *bytes == 0 || *bytes > kLargestRegion) {
      return invalid(file, "emulator.flash: a region has an address, and 1 byte to 64 MiB");
    }
    type.flash.push_back({*address, *bytes});
  }
  return absl::OkStatus();
}

absl::Status read_current(const toml::table& emulator, const std::filesystem::path& file, EmulatedType& type) {
  if (!emulator.contains("current")) return absl::OkStatus();
  const toml::table* current = emulator["current"].as_table();
  if (current == nullptr) return invalid(file, "emulator.current is a table");
  for (const auto& [key, ignored] : *current) {
    if (key != "idle_ua" && key != "active_ua") {
      return invalid(file, "emulator.current." + std::string(key.str()) + " is not known");
    }
  }
  constexpr std::uint32_t kMostUa = 1'000'000;  // that an instrument takes
  const auto idle = word((*current)["idle_ua"]), active = word((*current)["active_ua"]);
  if (!idle || *idle > kMostUa) return invalid(file, "emulator.current.idle_ua is 0 to 1000000");
  if (!active || *active > kMostUa) return invalid(file, "emulator.current.active_ua is 0 to 1000000");
  type.current = CurrentModel{*idle, *active};
  return absl::OkStatus();
}

absl::StatusOr<EmulatedType> read_type(const toml::table& root, const std::filesystem::path& file) {
  EmulatedType type;
  const toml::table& emulator = *root["emulator"].as_table();
  type.id = root["id"].value_or(std::string());
  type.short_name = emulator["short_name"].value_or(std::string());
  type.labels = texts(root["labels"]);
  type.qemu = emulator["qemu"].value_or(std::string());
  if (type.id.empty() || type.short_name.empty()) return invalid(file, "id and emulator.short_name are needed");
  if (const absl::Status read = read_current(emulator, file, type); !read.ok()) return read;
  if (type.is_host_process()) return type;
  type.machine = emulator["machine"].value_or(std::string());
  type.arguments = texts(emulator["arguments"]);
  if (type.machine.empty()) return invalid(file, "emulator.machine is needed");
  const auto unit_block = word(emulator["unit_block"]), image = word(root["agent_image"]["address"]);
  if (!unit_block || !image) return invalid(file, "emulator.unit_block and agent_image.address are needed");
  type.unit_block = *unit_block;
  type.image_address = *image;
  if (const absl::Status read = read_flash(emulator, file, type); !read.ok()) return read;
  return type;
}

}  // namespace

absl::StatusOr<std::map<std::string, EmulatedType>> load_catalog(const std::filesystem::path& folder) {
  std::map<std::string, EmulatedType> types;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".toml") continue;
    toml::table root;
    try {
      root = toml::parse_file(entry.path().string());
    } catch (const toml::parse_error& problem) {
      return invalid(entry.path(),
                     "line " + std::to_string(problem.source().begin.line) + ": " + std::string(problem.description()));
    }
    if (!root["emulator"].is_table()) continue;
    absl::StatusOr<EmulatedType> type = read_type(root, entry.path());
    if (!type.ok()) return type.status();
    const std::string id = type->id;
    types.emplace(id, *std::move(type));
  }
  if (error || types.empty()) {
    return make_error(absl::StatusCode::kNotFound, "CATALOG_MISSING",
                      "no emulated board types in " + folder.string() + (error ? ": " + error.message() : ""),
                      "name the catalog with --catalog (deploy/boards in the source tree)");
  }
  return types;
}

}  // namespace tinyrig::emulator
