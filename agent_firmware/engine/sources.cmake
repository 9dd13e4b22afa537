# Sources of the engine, for the host's build and the boards' alike; paths from this folder.
# kernels/portable/core.cpp is the folder of core kernels of cores that have none: a build links exactly one.
set(ENGINE_SOURCES
  bounds.cpp
  image.cpp
  kernel_table.cpp
  runtime.cpp
  kernels/portable/binary.cpp
  kernels/portable/conv_2d.cpp
  kernels/portable/conv_check.cpp
  kernels/portable/convert.cpp
  kernels/portable/copy.cpp
  kernels/portable/core.cpp
  kernels/portable/depthwise_conv_2d.cpp
  kernels/portable/fully_connected.cpp
  kernels/portable/gather.cpp
  kernels/portable/lookup.cpp
  kernels/portable/mean.cpp
  kernels/portable/pad.cpp
  kernels/portable/parts.cpp
  kernels/portable/pool_2d.cpp
  kernels/portable/resize_nearest_neighbor.cpp
  kernels/portable/softmax.cpp
  kernels/portable/transpose_conv.cpp)
