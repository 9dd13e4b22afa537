// Packed models, made once per model and core, and whether they fit on a type of board.
//
// Thread-safe. Packing takes up to a second: not for gRPC's callback threads.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/boards/catalog.h"
#include "server/model/pack.h"
#include "server/store/store.h"

namespace tinyrig::bench {

using SharedPackedModel = std::shared_ptr<const model::PackedModel>;

// Why a model does not fit, by the catalog's numbers.
struct TooLarge {
  std::string reason;  // MODEL_TOO_LARGE_FOR_RAM, MODEL_TOO_LARGE_FOR_SLOT
  std::uint64_t missing_bytes = 0;
  std::string message;
};

class ModelLibrary {
 public:
  explicit ModelLibrary(const store::Store& store) : store_(store) {}

  // `sha256`: of a registered model. NOT_FOUND MODEL_UNKNOWN; the packer's INVALID_ARGUMENT reasons.
  absl::StatusOr<SharedPackedModel> packed(const std::string& sha256, packed::Core core);

  // nullopt: it fits.
  absl::StatusOr<std::optional<TooLarge>> check_fit(const std::string& model_name, const std::string& sha256,
                                                    const boards::CatalogEntry& board_type);

 private:
  static constexpr std::size_t kKept = 64;

  struct Entry {
    std::string sha256;
    packed::Core core;
    SharedPackedModel model;
  };

  const store::Store& store_;
  std::mutex mutex_;
  std::list<Entry> recent_;  // guarded by mutex_; most recently used first
};

// The numbers alone; `model_name` and the board type's id are for the message.
std::optional<TooLarge> too_large(const std::string& model_name, const std::string& board_type,
                                  std::uint64_t image_bytes, std::uint64_t arena_bytes, std::uint64_t model_ram_bytes,
                                  std::uint64_t model_slot_bytes);

}  // namespace tinyrig::bench
