set(BOARD_CPU_FLAGS -mthumb -mcpu=cortex-m55 -mfloat-abi=hard)
set(BOARD_CORE cortex-m55)
set(BOARD_KERNELS helium)
set(BOARD_FAMILY cortex_m)
