#include "agent_firmware/agent/answers.h"

#include <cstring>

namespace tinyrig::agent {

AgentMessage answer_to(std::uint32_t id) {
  AgentMessage message;
  std::memset(&message, 0, sizeof message);
  message.id = id;
  return message;
}

AgentMessage status_answer(std::uint32_t id, const Failure& failure) {
  AgentMessage message = answer_to(id);
  message.which_body = tinyrig_agent_v1_AgentMessage_status_tag;
  message.body.status.code = failure.code;
  message.body.status.detail = failure.detail;
  std::strncpy(message.body.status.text, failure.text, sizeof message.body.status.text - 1);
  return message;
}

}  // namespace tinyrig::agent
