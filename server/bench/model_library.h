// Models as the runtimes of boards take them, packed once per model and core, and whether they fit on a type
// of board.
//
// Thread-safe. Packing takes up to a second: not for gRPC's callback threads.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/bench/runtime_model.h"
#include "server/boards/catalog.h"
#include "server/model/pack.h"
#include "server/model/too_large.h"
#include "server/store/store.h"

namespace tinyrig::bench {

class ModelLibrary {
 public:
  explicit ModelLibrary(const store::Store& store) : store_(store) {}

  // `sha256`: of a registered model. NOT_FOUND MODEL_UNKNOWN; the packer's INVALID_ARGUMENT reasons;
  // UNIMPLEMENTED MODEL_FORMAT_UNKNOWN when the runtime takes what this server does not know.
  absl::StatusOr<RuntimeModel> for_runtime(const std::string& sha256, const v1::AgentRuntime& runtime);

  // nullopt: it fits, as far as can be known before the runtime has loaded it.
  absl::StatusOr<std::optional<model::TooLarge>> check_fit(const std::string& model_name, const std::string& sha256,
                                                           const v1::AgentRuntime& runtime,
                                                           const boards::CatalogEntry& board_type);

 private:
  using SharedPackedModel = std::shared_ptr<const model::PackedModel>;
  static constexpr std::size_t kKept = 64;

  struct Entry {
    std::string sha256;
    packed::Core core;
    SharedPackedModel model;
  };

  absl::StatusOr<SharedPackedModel> packed(const std::string& sha256, packed::Core core);

  const store::Store& store_;
  std::mutex mutex_;
  std::list<Entry> recent_;  // guarded by mutex_; most recently used first
};

}  // namespace tinyrig::bench
