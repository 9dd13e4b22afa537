#include "server/boards/builtin_catalog.h"

#include <algorithm>
#include <string>
#include <utility>

#include "server/base/status_macros.h"

namespace tinyrig::boards {
namespace {

struct Text {
  const char* file;
  const char* text;
};

constexpr Text kTexts[] = {
#include "builtin_catalog_texts.inc"
};

}  // namespace

absl::StatusOr<std::vector<CatalogEntry>> builtin_catalog() {
  std::vector<CatalogEntry> entries;
  for (const Text& text : kTexts) {
    TINYRIG_ASSIGN_OR_RETURN(CatalogEntry entry, parse_board_type(text.text, text.file));
    entries.push_back(std::move(entry));
  }
  std::ranges::sort(entries, {}, [](const CatalogEntry& entry) { return entry.type.id(); });
  return entries;
}

}  // namespace tinyrig::boards
