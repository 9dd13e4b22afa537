// The agent on a board: its port, then the agent for ever.
#include "agent_firmware/agent/agent.h"
#include "agent_firmware/agent/port.h"

int main() {
  tinyrig::port::init();
  static tinyrig::agent::Agent agent{tinyrig::agent::Options{}};
  agent.run();
}
