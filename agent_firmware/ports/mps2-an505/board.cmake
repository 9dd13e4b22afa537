set(BOARD_CPU_FLAGS -mthumb -mcpu=cortex-m33 -mfpu=fpv5-sp-d16 -mfloat-abi=hard)
set(BOARD_CORE cortex-m33)
set(BOARD_KERNELS dsp)
set(BOARD_FAMILY cortex_m)
