set(BOARD_CPU_FLAGS -mthumb -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard)
set(BOARD_CORE cortex-m4)
set(BOARD_KERNELS dsp)
set(BOARD_FAMILY cortex_m)
