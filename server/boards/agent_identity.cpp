#include "server/boards/agent_identity.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/boards/core_names.h"

namespace tinyrig::boards {
namespace {

v1::ModelFormat format_of(agent::v1::ModelFormat format) {
  switch (format) {
    case agent::v1::MODEL_FORMAT_PACKED:
      return v1::MODEL_FORMAT_PACKED;
    case agent::v1::MODEL_FORMAT_TFLITE:
      return v1::MODEL_FORMAT_TFLITE;
    default:
      return v1::MODEL_FORMAT_UNSPECIFIED;
  }
}

}  // namespace

v1::AgentIdentity identity_of(const agent::v1::HelloReply& hello) {
  v1::AgentIdentity identity;
  identity.set_protocol_version(hello.protocol_version());
  identity.set_build_id(hello.build_id());
  identity.set_unit_id(absl::BytesToHexString(hello.unit_id()));
  identity.set_board_type(hello.board_type());
  identity.set_boot_count(hello.boot_count());
  for (const agent::v1::Runtime& runtime : hello.runtimes()) {
    v1::AgentRuntime& entry = *identity.add_runtimes();
    entry.set_name(runtime.name());
    entry.set_version(runtime.version());
    entry.set_model_format(format_of(runtime.model_format()));
    if (entry.model_format() == v1::MODEL_FORMAT_PACKED) {
      entry.set_core(core_name(static_cast<packed::Core>(runtime.core())));
    }
  }
  return identity;
}

std::vector<v1::AgentRuntime> usual_runtimes(packed::Core core) {
  std::vector<v1::AgentRuntime> runtimes(2);
  runtimes[0].set_name("tinyrig");
  runtimes[0].set_core(core_name(core));
  runtimes[1].set_name("portable");
  runtimes[1].set_core(core_name(packed::Core::kPortable));
  for (v1::AgentRuntime& runtime : runtimes) runtime.set_model_format(v1::MODEL_FORMAT_PACKED);
  return runtimes;
}

const v1::AgentRuntime* find_runtime(const v1::AgentIdentity& agent, const std::string& name) {
  for (const v1::AgentRuntime& runtime : agent.runtimes()) {
    if (runtime.name() == name) return &runtime;
  }
  return nullptr;
}

std::string runtimes_text(const v1::AgentIdentity& agent) {
  std::string text;
  for (const v1::AgentRuntime& runtime : agent.runtimes()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", runtime.name(), " ", runtime.version());
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace tinyrig::boards
