// The farm file (server/boards/farm.h) of what was found: boards whose type is known as [[board]] tables, the others
// as comments that say what is missing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/boards/catalog.h"
#include "tinyrig/v1/discovery.pb.h"

namespace tinyrig::discovery {

// Pure function; what it gives, boards::load_farm() reads.
std::string farm_text(const v1::ScanReport& report, const std::vector<boards::CatalogEntry>& catalog);

enum class Existing { kKeep, kReplace };

// All of it or nothing. ALREADY_EXISTS (FILE_EXISTS) with kKeep; UNAVAILABLE (FILE_NOT_WRITTEN).
absl::Status write_whole_file(const std::filesystem::path& file, const std::string& text, Existing existing);

}  // namespace tinyrig::discovery
