#include "server/boards/catalog.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"
#include "server/base/toml_reader.h"
#include "server/boards/core_names.h"
#include "server/boards/usb_id.h"

namespace tinyrig::boards {
namespace {

constexpr char kCatalogInvalid[] = "CATALOG_INVALID";

// The value of `key` among named ones; on another name the error lists them all.
template <typename T>
T choice(TomlReader& reader, const toml::table& table, const char* key, const std::map<std::string, T>& values) {
  const std::string name = reader.text(key);
  if (const auto found = values.find(name); found != values.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, value] : values) names.push_back(known);
  const toml::node* at = table.get(key);
  reader.fail(at == nullptr ? table : *at, absl::StrCat("'", key, "' must be one of ", absl::StrJoin(names, ", ")));
  return T{};
}

struct Timing {
  v1::TimingSource source = v1::TIMING_SOURCE_UNSPECIFIED;
  v1::TickUnit unit = v1::TICK_UNIT_UNSPECIFIED;
};
const std::map<std::string, Timing> kTimings = {
    {"instruction_count", {v1::TIMING_SOURCE_INSTRUCTION_COUNT, v1::TICK_UNIT_INSTRUCTIONS}},
    {"cycle_counter", {v1::TIMING_SOURCE_HARDWARE_CLOCK, v1::TICK_UNIT_CYCLES}},
    {"timer", {v1::TIMING_SOURCE_HARDWARE_CLOCK, v1::TICK_UNIT_TIMER_TICKS}},
    {"host_clock", {v1::TIMING_SOURCE_HOST_CLOCK, v1::TICK_UNIT_NANOSECONDS}},
};
const std::map<std::string, SlotWriter> kSlotWriters = {{"agent", SlotWriter::kAgent},
                                                        {"flasher", SlotWriter::kFlasher}};

const std::map<std::string, TypeStatus> kStatuses = {{"verified on silicon", TypeStatus::kVerifiedOnSilicon},
                                                     {"verified in emulation", TypeStatus::kVerifiedInEmulation},
                                                     {"compiles", TypeStatus::kCompiles},
                                                     {"described only", TypeStatus::kDescribedOnly}};

// The sub-table `key`, read by `read`; absent: an error if it is required.
template <typename Read>
absl::Status section(TomlReader& parent, const toml::table& root, const std::string& file, const char* key,
                     bool required, const Read& read) {
  const toml::table* table = parent.table(key);
  if (table == nullptr) {
    if (required) parent.fail(root, absl::StrCat("[", key, "] is missing"));
    return absl::OkStatus();
  }
  TomlReader reader(*table, file, absl::StrCat("[", key, "]"), kCatalogInvalid);
  read(reader, *table);
  return reader.finish();
}

}  // namespace

absl::StatusOr<CatalogEntry> load_board_type(const std::filesystem::path& path) {
  const absl::StatusOr<std::string> text = read_text_file(path, kCatalogInvalid);
  if (!text.ok()) return text.status();
  return parse_board_type(*text, path.string());
}

absl::StatusOr<CatalogEntry> parse_board_type(const std::string& text, const std::string& file) {
  const absl::StatusOr<toml::table> root = parse_toml(text, file, kCatalogInvalid);
  if (!root.ok()) return root.status();
  CatalogEntry entry;
  v1::BoardType& type = entry.type;
  TomlReader top(*root, file, "board type", kCatalogInvalid);
  type.set_id(top.text("id"));
  type.set_display_name(top.text("display_name"));
  type.set_mcu(top.text("mcu"));
  type.set_core(top.text("core"));
  entry.core = choice(top, *root, "core", kCores);
  type.set_clock_hz(top.number("clock_hz"));
  type.set_emulated(top.flag("emulated", false));
  for (std::string& label : top.texts("labels")) type.add_labels(std::move(label));
  entry.status = choice(top, *root, "status", kStatuses);
  const bool described_only = entry.status == TypeStatus::kDescribedOnly;
  if (entry.status == TypeStatus::kVerifiedInEmulation && !type.emulated()) {
    top.fail(*root, "'status' says verified in emulation, but the type is not 'emulated'");
  }
  if (entry.status == TypeStatus::kVerifiedOnSilicon && type.emulated()) {
    top.fail(*root, "'status' says verified on silicon, but the type is 'emulated'");
  }
  // Shown with every board of the type, and selectable: its numbers may be the first that anybody sees.
  if (entry.status == TypeStatus::kCompiles) type.add_labels(status_name(entry.status));
  entry.usb_ids = top.texts("usb");
  if (!std::ranges::all_of(entry.usb_ids, is_usb_id)) {
    top.fail(*root, "'usb' has what is no vendor:product, four hex digits in lower case each");
  }
  entry.recovery = read_ladder(top, *root);

  const absl::Status sections[] = {
      section(top, *root, file, "timing", true,
              [&](TomlReader& timing, const toml::table& table) {
                const Timing source = choice(timing, table, "source", kTimings);
                type.set_timing_source(source.source);
                type.set_tick_unit(source.unit);
                entry.checks_clock = timing.flag("checks_clock", source.source == v1::TIMING_SOURCE_HARDWARE_CLOCK);
                entry.instruction_ns = timing.number("instruction_ns", 0);
                if ((entry.instruction_ns != 0) != (type.timing_source() == v1::TIMING_SOURCE_INSTRUCTION_COUNT)) {
                  timing.fail(table, "'instruction_ns' belongs to source instruction_count, and it alone");
                }
              }),
      section(top, *root, file, "memory", true,
              [&](TomlReader& memory, const toml::table&) {
                type.set_flash_bytes(memory.number("flash_bytes"));
                type.set_ram_bytes(memory.number("ram_bytes"));
                if (!described_only) type.set_model_ram_bytes(memory.number("model_ram_bytes"));
                type.set_flash_erase_cycles(memory.number("flash_erase_cycles", 0));
              }),
      section(top, *root, file, "power", false,
              [&](TomlReader& power, const toml::table&) {
                v1::NominalPower& nominal = *type.mutable_nominal_power();
                nominal.set_supply_mv(power.number_32("supply_mv", 0));
                nominal.set_run_ua(power.number_32("run_ua", 0));
                nominal.set_sleep_ua(power.number_32("sleep_ua", 0));
              }),
      section(top, *root, file, "agent_image", !described_only && type.timing_source() != v1::TIMING_SOURCE_HOST_CLOCK,
              [&](TomlReader& agent, const toml::table&) {
                entry.agent_address = agent.number("address");
                type.set_agent_flash_bytes(agent.number("bytes"));
              }),
      section(top, *root, file, "model_slot", false,
              [&](TomlReader& reader, const toml::table& table) {
                ModelSlot slot;
                slot.address = reader.number("address");
                slot.size_bytes = reader.number("bytes");
                slot.writer = choice(reader, table, "writer", kSlotWriters);
                slot.persistent = reader.flag("persistent", false);
                type.set_model_slot_bytes(slot.size_bytes);
                entry.slot = slot;
              }),
      section(
          top, *root, file, "flasher", false,
          [&](TomlReader& flasher, const toml::table& table) { entry.flasher = read_type_flasher(flasher, table); }),
      section(top, *root, file, "link", false,
              [&](TomlReader& link, const toml::table& table) {
                entry.baud = link.number_32("baud");
                entry.max_baud = link.number_32("max_baud", entry.baud);
                if (entry.max_baud < entry.baud) link.fail(table, "'max_baud' is below 'baud'");
              }),
  };
  for (const absl::Status& status : sections) {
    if (!status.ok()) return status;
  }
  top.table("emulator");  // tinyrig-emu's business alone
  if (absl::Status status = top.finish(); !status.ok()) return status;
  return entry;
}

std::string status_name(TypeStatus status) {
  for (const auto& [name, value] : kStatuses) {
    if (value == status) return name;
  }
  return "";
}

bool is_proven(TypeStatus status) {
  return status == TypeStatus::kVerifiedOnSilicon || status == TypeStatus::kVerifiedInEmulation;
}

const CatalogEntry* find_type(const std::vector<CatalogEntry>& catalog, const std::string& id) {
  const auto at = std::ranges::find(catalog, id, [](const CatalogEntry& entry) { return entry.type.id(); });
  return at == catalog.end() ? nullptr : &*at;
}

std::vector<v1::BoardType> types_with_agent(const std::vector<CatalogEntry>& catalog) {
  std::vector<v1::BoardType> types;
  for (const CatalogEntry& entry : catalog) {
    if (entry.status != TypeStatus::kDescribedOnly) types.push_back(entry.type);
  }
  return types;
}

absl::StatusOr<std::vector<CatalogEntry>> load_catalog(const std::filesystem::path& folder) {
  std::vector<CatalogEntry> entries;
  std::error_code error;
  for (const auto& item : std::filesystem::directory_iterator(folder, error)) {
    if (item.path().extension() != ".toml") continue;
    absl::StatusOr<CatalogEntry> entry = load_board_type(item.path());
    if (!entry.ok()) return entry.status();
    entries.push_back(*std::move(entry));
  }
  if (entries.empty()) {
    return make_error(absl::StatusCode::kNotFound, kCatalogInvalid,
                      absl::StrCat("no board types (*.toml) in ", folder.string()),
                      "Give the folder of board types with --catalog; this repository has deploy/boards.");
  }
  std::sort(entries.begin(), entries.end(),
            [](const CatalogEntry& a, const CatalogEntry& b) { return a.type.id() < b.type.id(); });
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (entries[i - 1].type.id() == entries[i].type.id()) {
      return make_error(
          absl::StatusCode::kInvalidArgument, kCatalogInvalid,
          absl::StrCat("board type '", entries[i].type.id(), "' is described twice in ", folder.string()));
    }
  }
  return entries;
}

}  // namespace tinyrig::boards
