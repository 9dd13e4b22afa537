// The agent as a process of the host: its command line, its reset button and its thread. Each process runs
// one, once.
#pragma once

#include "agent_firmware/agent/model.h"

namespace tinyrig::port::host {

// Until the line is closed; the exit code otherwise. `run`: one inference.
int run_host_agent(int argc, char** argv, agent::Model::RunModel run);

}  // namespace tinyrig::port::host
