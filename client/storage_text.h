// What fills the daemon's disk, as people read it. Pure.
#pragma once

#include <string>

#include "tinyrig/v1/admin.pb.h"

namespace tinyrig::client {

/// "recordings", "models in use".
std::string storage_kind(v1::StorageKind kind);

/// "quota 18.6 GiB, 90 days"; "for ever".
std::string storage_limit(const v1::StoredKind& kind);

/// What goes next and when, or after how much more; "-" when nothing does.
std::string next_removal(const v1::StoredKind& kind);

/// All of it: a row per kind, then the file and the disk, and what is wrong.
std::string storage_text(const v1::GetStorageResponse& storage);

}  // namespace tinyrig::client
