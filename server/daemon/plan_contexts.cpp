#include "server/daemon/plan_contexts.h"

#include <utility>

namespace tinyrig::daemon {

PlanContexts::PlanContexts(const boards::BoardDirectory& directory, jobs::ExpandContext always)
    : directory_(directory), always_(std::move(always)) {}

std::shared_ptr<const jobs::ExpandContext> PlanContexts::now() {
  const std::lock_guard lock(mutex_);
  // Before the boards are read: what changes in between is read again next time.
  const std::uint64_t version = directory_.plan_version();
  if (context_ == nullptr || version != version_) {
    auto context = std::make_shared<jobs::ExpandContext>(always_);
    context->types = directory_.types();
    context->boards = directory_.boards();
    context_ = std::move(context);
    version_ = version;
  }
  return context_;
}

}  // namespace tinyrig::daemon
