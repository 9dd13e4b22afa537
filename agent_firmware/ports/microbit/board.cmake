set(BOARD_CPU_FLAGS -mthumb -mcpu=cortex-m0)
set(BOARD_FAMILY cortex_m)
