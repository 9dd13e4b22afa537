set(BOARD_CPU_FLAGS -mthumb -mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard)
set(BOARD_CORE cortex-m7)
set(BOARD_KERNELS dsp)
set(BOARD_FAMILY cortex_m)
