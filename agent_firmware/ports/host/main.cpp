// tinyrig-agent-host: the agent as a process, for tests and for farms without boards.
#include "agent_firmware/agent/runtime.h"
#include "agent_firmware/ports/host/host_agent.h"

int main(int argc, char** argv) { return tinyrig::port::host::run_host_agent(argc, argv, tinyrig::runtime::run); }
