// Answers to the host, begun: everything carries the request's id.
#pragma once

#include "agent_firmware/agent/messages.h"

namespace tinyrig::agent {

AgentMessage answer_to(std::uint32_t id);
AgentMessage status_answer(std::uint32_t id, const Failure& failure);

}  // namespace tinyrig::agent
