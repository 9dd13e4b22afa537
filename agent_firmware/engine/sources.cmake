# Sources of the engine, for the host's build and the boards' alike; paths from this folder. A build links
# ENGINE_SOURCES and exactly one ENGINE_KERNELS_<folder>, with TINYRIG_CORE: the packed::Core that it runs.
set(ENGINE_SOURCES
  bounds.cpp
  engine.cpp
  image.cpp
  kernel_table.cpp
  kernels/portable/binary.cpp
  kernels/portable/conv_2d.cpp
  kernels/portable/conv_check.cpp
  kernels/portable/convert.cpp
  kernels/portable/copy.cpp
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
set(ENGINE_KERNELS_portable kernels/portable/core.cpp)
set(ENGINE_KERNELS_dsp
  kernels/dsp/add.cpp
  kernels/dsp/average_pool_global.cpp
  kernels/dsp/conv_2d.cpp
  kernels/dsp/conv_block.S
  kernels/dsp/core.cpp
  kernels/dsp/depthwise_3x3.cpp
  kernels/dsp/depthwise_row.S)
# On a host, C++ stands for the assembly.
set(ENGINE_KERNELS_dsp_host ${ENGINE_KERNELS_dsp} kernels/dsp/conv_block_host.cpp kernels/dsp/depthwise_row_host.cpp)
list(FILTER ENGINE_KERNELS_dsp_host EXCLUDE REGEX "\\.S$")
set(ENGINE_KERNELS_helium
  kernels/helium/add.cpp
  kernels/helium/add_vectors.S
  kernels/helium/checks.cpp
  kernels/helium/core.cpp
  kernels/helium/conv_2d.cpp
  kernels/helium/depthwise_blocks.S
  kernels/helium/depthwise_conv_2d.cpp
  kernels/helium/dot_products.S
  kernels/helium/pool_2d.cpp)
set(ENGINE_KERNELS_scalar
  kernels/scalar/add.cpp
  kernels/scalar/average_pool_global.cpp
  kernels/scalar/conv_2d.cpp
  kernels/scalar/conv_run_m0.S
  kernels/scalar/core.cpp
  kernels/scalar/dense.cpp
  kernels/scalar/depthwise_3x3.cpp)
# On a host, C++ does what the assembly for Cortex-M0 does.
set(ENGINE_KERNELS_scalar_host ${ENGINE_KERNELS_scalar})
list(FILTER ENGINE_KERNELS_scalar_host EXCLUDE REGEX "\\.S$")
# packed::Core by name, as a board.cmake gives it (BOARD_CORE).
set(ENGINE_CORE_cortex-m0 1)
set(ENGINE_CORE_cortex-m3 2)
set(ENGINE_CORE_cortex-m4 3)
set(ENGINE_CORE_cortex-m7 4)
set(ENGINE_CORE_cortex-m33 5)
set(ENGINE_CORE_cortex-m55 6)
set(ENGINE_CORE_rv32imac 7)
