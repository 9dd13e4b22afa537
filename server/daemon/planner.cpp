#include "server/daemon/planner.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/boards/agent_identity.h"
#include "server/daemon/plan_contexts.h"
#include "server/jobs/expand.h"

namespace tinyrig::daemon {

jobs::Planner make_planner(const store::Store& store, const boards::BoardDirectory& directory,
                           bench::ModelLibrary& models, std::vector<boards::CatalogEntry> catalog) {
  std::map<std::string, std::vector<v1::AgentRuntime>> usual;
  for (const boards::CatalogEntry& entry : catalog) usual[entry.type.id()] = boards::usual_runtimes(entry.core);
  jobs::FitCheck fits = [&models, catalog = std::move(catalog)](
                            const v1::Model& model, const v1::BoardType& type,
                            const v1::AgentRuntime& runtime) -> absl::StatusOr<std::optional<jobs::Misfit>> {
    for (const boards::CatalogEntry& entry : catalog) {
      if (entry.type.id() != type.id()) continue;
      absl::StatusOr<std::optional<model::TooLarge>> answer =
          models.check_fit(model.name(), model.sha256(), runtime, entry);
      if (!answer.ok()) return answer.status();
      if (!answer->has_value()) return std::nullopt;
      return jobs::Misfit{(*answer)->reason, (*answer)->missing_bytes, (*answer)->message};
    }
    return std::nullopt;
  };
  jobs::ExpandContext always;
  always.find_model = [&store](const std::string& name) { return store.find_model(name); };
  always.usual_runtimes = std::move(usual);
  always.fits = std::move(fits);
  return [contexts = std::make_shared<PlanContexts>(directory, std::move(always))](const v1::JobSpec& spec) {
    const std::shared_ptr<const jobs::ExpandContext> context = contexts->now();
    return jobs::expand(spec, *context);
  };
}

}  // namespace tinyrig::daemon
