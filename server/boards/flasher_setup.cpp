#include "server/boards/flasher_setup.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/boards/usb_id.h"

namespace tinyrig::boards {
namespace {

constexpr const char* kKinds[] = {"gdb-remote", "command", "stm32-uart", "uf2"};
constexpr std::uint64_t kLongestDeadlineS = 3600;

std::string read_kind(TomlReader& reader, const toml::table& table) {
  std::string kind = reader.text("kind");
  if (!kind.empty() && std::find(std::begin(kKinds), std::end(kKinds), kind) == std::end(kKinds)) {
    reader.fail(table, absl::StrCat("flasher 'kind' must be one of ", absl::StrJoin(kKinds, ", ")));
  }
  return kind;
}

std::chrono::milliseconds read_deadline(TomlReader& reader, const toml::table& table, std::uint64_t fallback_s) {
  const std::uint64_t seconds = reader.number("deadline_s", fallback_s);
  if (seconds == 0 || seconds > kLongestDeadlineS) reader.fail(table, "'deadline_s' must be from 1 to 3600");
  return std::chrono::seconds(seconds);
}

std::uint32_t read_family(TomlReader& reader, const toml::table& table, const char* key) {
  const std::uint64_t family = reader.number(key, 0);
  if (family > std::numeric_limits<std::uint32_t>::max()) {
    reader.fail(table, absl::StrCat("'", key, "' must be of 32 bits"));
  }
  return static_cast<std::uint32_t>(family);
}

flash::UsbBootloaderOptions read_bootloader(TomlReader& reader, const toml::table& table) {
  flash::UsbBootloaderOptions options;
  options.touch_1200 = reader.flag("touch_1200", false);
  options.usb_ids = reader.texts("bootloader_usb");
  if (!std::ranges::all_of(options.usb_ids, is_usb_id)) {
    reader.fail(table, "'bootloader_usb' has what is no vendor:product, four hex digits in lower case each");
  }
  return options;
}

flash::Uf2Options read_uf2(TomlReader& reader, const toml::table& table) {
  flash::Uf2Options options;
  options.bootloader = read_bootloader(reader, table);
  if (options.bootloader.usb_ids.empty()) {
    reader.fail(table, "'bootloader_usb' must say what the bootloader is on USB, [\"2e8a:0003\"]");
  }
  options.board_ids = reader.texts("board_ids");
  if (options.board_ids.empty()) reader.fail(table, "'board_ids' must say what INFO_UF2.TXT does, [\"RPI-RP2\"]");
  options.family = read_family(reader, table, "family");
  options.deadline = read_deadline(reader, table, 60);
  return options;
}

// "1-1.4"
bool is_usb_socket(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::ByAnyChar("-."));
  const bool numbers = std::ranges::all_of(parts, [](const std::string& part) {
    return !part.empty() && std::ranges::all_of(part, [](unsigned char c) { return absl::ascii_isdigit(c); });
  });
  return numbers && parts.size() >= 2 && text.find('-') == parts[0].size() && std::ranges::count(text, '-') == 1;
}

std::string read_usb_socket(TomlReader& reader, const toml::table& table) {
  std::string socket = reader.text("usb", "");
  if (!socket.empty() && !is_usb_socket(socket)) {
    reader.fail(table, "'usb' must be a USB socket, \"1-1.4\" (usbPath of `tinyrig farm scan --json`)");
  }
  return socket;
}

flash::Recipe read_recipe(TomlReader& reader, const toml::table& table) {
  flash::Recipe recipe;
  recipe.probe = {reader.texts("probe"), reader.text("probe_expect", "")};
  recipe.write = {reader.texts("write"), reader.text("write_expect", "")};
  recipe.verify = {reader.texts("verify"), reader.text("verify_expect", "")};
  recipe.read = {reader.texts("read"), ""};
  recipe.reset = {reader.texts("reset"), reader.text("reset_expect", "")};
  const std::string format = reader.text("image_format", "hex");
  if (const auto known = flash::image_format_named(format); known.has_value()) {
    recipe.format = *known;
  } else {
    reader.fail(table, "'image_format' must be one of elf, bin, hex, uf2");
  }
  recipe.file.uf2_family = read_family(reader, table, "uf2_family");
  flash::UsbBootloaderOptions bootloader = read_bootloader(reader, table);
  if (bootloader.touch_1200 == bootloader.usb_ids.empty()) {
    reader.fail(table,
                "'touch_1200' needs 'bootloader_usb', what the board is on USB afterwards, [\"2341:005a\"], and the "
                "other way round");
  }
  if (bootloader.touch_1200) recipe.bootloader = std::move(bootloader);
  recipe.deadline = read_deadline(reader, table, 60);
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

std::vector<flash::LineStep> read_steps(TomlReader& reader, const toml::table& table, const char* key) {
  std::vector<flash::LineStep> steps;
  for (const std::string& text : reader.texts(key)) {
    const absl::StatusOr<flash::LineStep> step = flash::parse_line_step(text);
    if (step.ok()) {
      steps.push_back(*step);
    } else {
      reader.fail(table, absl::StrCat("'", key, "': ", std::string(step.status().message())));
    }
  }
  return steps;
}

flash::Stm32Options read_wiring(TomlReader& reader, const toml::table& table) {
  flash::Stm32Options options;
  options.enter = read_steps(reader, table, "enter");
  options.leave = read_steps(reader, table, "leave");
  return options;
}

flash::Stm32Options read_stm32(TomlReader& reader, const toml::table& table) {
  flash::Stm32Options options = read_wiring(reader, table);
  const auto number = [&](const char* key, std::uint64_t fallback, std::uint64_t least, std::uint64_t most) {
    const std::uint64_t value = reader.number(key, fallback);
    if (value < least || value > most)
      reader.fail(table, absl::StrCat("'", key, "' must be from ", least, " to ", most));
    return value;
  };
  options.baud = static_cast<std::uint32_t>(number("baud", options.baud, 1'200, 1'000'000));
  options.chip_id = static_cast<std::uint16_t>(number("chip_id", 0, 0, 0xFFF));
  options.flash_start = static_cast<std::uint32_t>(
      number("flash_start", options.flash_start, 0, std::numeric_limits<std::uint32_t>::max()));
  if (const std::string text = reader.text("sectors", ""); !text.empty()) {
    const absl::StatusOr<std::vector<std::uint32_t>> sectors = flash::parse_sectors(text);
    if (sectors.ok()) {
      options.sectors = *sectors;
    } else {
      reader.fail(table, std::string(sectors.status().message()));
    }
  }
  options.deadline = read_deadline(reader, table, 120);
  return options;
}

}  // namespace

FlasherSetup read_type_flasher(TomlReader& reader, const toml::table& table) {
  FlasherSetup setup;
  setup.kind = read_kind(reader, table);
  if (setup.kind == "gdb-remote") {
    setup.reset_command = reader.text("reset_command", "");
    setup.deadline = read_deadline(reader, table, 30);
  }
  if (setup.kind == "command") setup.recipe = read_recipe(reader, table);
  if (setup.kind == "stm32-uart") setup.stm32 = read_stm32(reader, table);
  if (const toml::table* uf2 = reader.table("uf2"); uf2 != nullptr) {
    TomlReader inner = reader.inner(*uf2, "uf2");
    setup.uf2 = read_uf2(inner, *uf2);
    reader.take(inner.finish());
  } else if (setup.kind == "uf2") {
    reader.fail(table, "kind \"uf2\" needs the table 'uf2', which says what the bootloader is");
  }
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
    setup.usb_socket = read_usb_socket(reader, table);
    // Without one of its own, the board is flashed by the recipe of its type.
    if (!reader.texts("write").empty()) setup.recipe = read_recipe(reader, table);
  }
  if (setup.kind == "stm32-uart") setup.stm32 = read_wiring(reader, table);
  if (setup.kind == "uf2") setup.usb_socket = read_usb_socket(reader, table);
  return setup;
}

}  // namespace tinyrig::boards
