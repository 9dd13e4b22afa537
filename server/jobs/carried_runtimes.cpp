#include "server/jobs/carried_runtimes.h"

#include <utility>

namespace tinyrig::jobs {

CarriedRuntimes::CarriedRuntimes(std::vector<const v1::Board*> boards, std::vector<v1::AgentRuntime> usual)
    : boards_(std::move(boards)) {
  const auto add = [this](const v1::AgentRuntime& runtime) {
    if (find(runtime.name()) == nullptr) runtimes_.push_back(runtime);
  };
  for (const v1::Board* board : boards_) {
    if (board->agent().runtimes().empty()) some_unheard_ = true;
    for (const v1::AgentRuntime& runtime : board->agent().runtimes()) add(runtime);
  }
  if (!some_unheard_) return;
  for (const v1::AgentRuntime& runtime : usual) add(runtime);
}

std::vector<std::string> CarriedRuntimes::names() const {
  std::vector<std::string> names;
  for (const v1::AgentRuntime& runtime : runtimes_) names.push_back(runtime.name());
  return names;
}

const v1::AgentRuntime* CarriedRuntimes::find(const std::string& name) const {
  for (const v1::AgentRuntime& runtime : runtimes_) {
    if (runtime.name() == name) return &runtime;
  }
  return nullptr;
}

std::string CarriedRuntimes::text() const {
  constexpr std::size_t kMaxBoards = 10;
  std::string text;
  for (std::size_t i = 0; i < boards_.size(); ++i) {
    if (i == kMaxBoards) return text + "; ...";
    std::string carried;
    for (const v1::AgentRuntime& runtime : boards_[i]->agent().runtimes()) {
      carried += (carried.empty() ? "" : ", ") + runtime.name() + " " + runtime.version();
    }
    text += (text.empty() ? "" : "; ") + boards_[i]->id() + ": " + (carried.empty() ? "nothing known yet" : carried);
  }
  return text;
}

}  // namespace tinyrig::jobs
