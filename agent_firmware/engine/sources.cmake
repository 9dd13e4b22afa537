# Sources of the engine, for the host's build and the boards' alike. Paths from the repository's root.
# TINYRIG_ENGINE_SOURCES needs one folder of core kernels beside it; TINYRIG_ENGINE_PORTABLE_CORE is that
# of cores that have none.
set(TINYRIG_ENGINE_SOURCES
  agent_firmware/engine/bounds.cpp
  agent_firmware/engine/image.cpp
  agent_firmware/engine/kernel_table.cpp
  agent_firmware/engine/runtime.cpp
  agent_firmware/engine/kernels/portable/binary.cpp
  agent_firmware/engine/kernels/portable/conv_2d.cpp
  agent_firmware/engine/kernels/portable/conv_check.cpp
  agent_firmware/engine/kernels/portable/convert.cpp
  agent_firmware/engine/kernels/portable/copy.cpp
  agent_firmware/engine/kernels/portable/depthwise_conv_2d.cpp
  agent_firmware/engine/kernels/portable/fully_connected.cpp
  agent_firmware/engine/kernels/portable/gather.cpp
  agent_firmware/engine/kernels/portable/lookup.cpp
  agent_firmware/engine/kernels/portable/mean.cpp
  agent_firmware/engine/kernels/portable/pad.cpp
  agent_firmware/engine/kernels/portable/parts.cpp
  agent_firmware/engine/kernels/portable/pool_2d.cpp
  agent_firmware/engine/kernels/portable/resize_nearest_neighbor.cpp
  agent_firmware/engine/kernels/portable/softmax.cpp
  agent_firmware/engine/kernels/portable/transpose_conv.cpp)
set(TINYRIG_ENGINE_PORTABLE_CORE agent_firmware/engine/kernels/portable/core.cpp)
