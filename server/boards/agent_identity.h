// What an agent's HELLO says of it, in the words of the API. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "tinyrig/agent/v1/agent.pb.h"
#include "tinyrig/v1/board.pb.h"
#include "wire/packed_model/format.h"

namespace tinyrig::boards {

v1::AgentIdentity identity_of(const agent::v1::HelloReply& hello);

// What the agent of this repository carries on a type of this core: assumed of boards that were not heard yet.
std::vector<v1::AgentRuntime> usual_runtimes(packed::Core core);

// nullptr: the agent carries none of this name.
const v1::AgentRuntime* find_runtime(const v1::AgentIdentity& agent, const std::string& name);

// "tinyrig 0.1.0, portable 0.1.0"; "nothing" for none.
std::string runtimes_text(const v1::AgentIdentity& agent);

}  // namespace tinyrig::boards
