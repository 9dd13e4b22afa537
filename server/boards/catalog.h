// The catalog of board types, read from deploy/boards/*.toml (keys: deploy/boards/README.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/boards/flasher_setup.h"
#include "server/boards/recovery_ladder.h"
#include "tinyrig/v1/board.pb.h"
#include "wire/packed_model/format.h"

namespace tinyrig::boards {

// How far the agent for a board type is proven. A described type has none: it can be named, never measured.
enum class TypeStatus { kVerifiedOnSilicon, kVerifiedInEmulation, kCompiles, kDescribedOnly };

enum class SlotWriter { kAgent, kFlasher };

struct ModelSlot {
  std::uint64_t address = 0;
  std::uint64_t size_bytes = 0;
  SlotWriter writer = SlotWriter::kAgent;
  bool persistent = false;
};

struct CatalogEntry {
  v1::BoardType type;
  TypeStatus status = TypeStatus::kCompiles;
  packed::Core core = packed::Core::kPortable;
  // Virtual time of one instruction; 0: ticks are a clock's.
  std::uint64_t instruction_ns = 0;
  // The board has a clock of its own, which is held against the host's before its numbers are trusted.
  bool checks_clock = false;
  std::uint64_t agent_address = 0;
  std::optional<ModelSlot> slot;
  FlasherSetup flasher;
  std::vector<RecoveryStep> recovery;  // begins with hello
  std::uint32_t baud = 115'200;
  std::uint32_t max_baud = 115'200;
  // "0483:374b": what boards of the type show on USB; other types may show the same.
  std::vector<std::string> usb_ids;
};

// As the catalog writes it: "described only".
std::string status_name(TypeStatus status);

// Somebody has seen the agent run: on the board, or where the type is emulated.
bool is_proven(TypeStatus status);

// nullptr: the catalog has no such type.
const CatalogEntry* find_type(const std::vector<CatalogEntry>& catalog, const std::string& id);

// Those that there is an agent for, without the described ones.
std::vector<v1::BoardType> types_with_agent(const std::vector<CatalogEntry>& catalog);

// Every *.toml of the folder, by id. INVALID_ARGUMENT (CATALOG_INVALID) names file, line and problem;
// NOT_FOUND (CATALOG_INVALID) when the folder has none.
absl::StatusOr<std::vector<CatalogEntry>> load_catalog(const std::filesystem::path& folder);

absl::StatusOr<CatalogEntry> load_board_type(const std::filesystem::path& file);

// The same of a file's text; `file` is for messages.
absl::StatusOr<CatalogEntry> parse_board_type(const std::string& text, const std::string& file);

}  // namespace tinyrig::boards
