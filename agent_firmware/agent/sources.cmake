# Sources of the agent, for the host's build and the boards' alike. Paths from the repository's root.
# Beside them an agent needs a port (port.h), a runtime (runtime.h) and tinyrig_agent_messages
# (cmake/Nanopb.cmake). TINYRIG_AGENT_MAIN is the main() of boards.
set(TINYRIG_AGENT_SOURCES
  agent_firmware/agent/agent.cpp
  agent_firmware/agent/answers.cpp
  agent_firmware/agent/board_link.cpp
  agent_firmware/agent/commands.cpp
  agent_firmware/agent/measuring.cpp
  agent_firmware/agent/memory.cpp
  agent_firmware/agent/mlperf_dialect.cpp
  agent_firmware/agent/model.cpp
  agent_firmware/agent/text_writer.cpp
  agent_firmware/agent/transfer.cpp
  agent_firmware/agent/window.cpp
  wire/link/endpoint.cpp)
set(TINYRIG_AGENT_MAIN agent_firmware/agent/main.cpp)
