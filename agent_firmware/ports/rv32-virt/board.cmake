# The assembler wants _zicsr for CSR instructions, but only plain rv32imac matches a libc build.
set(BOARD_CPU_FLAGS -march=rv32imac_zicsr_zifencei -mabi=ilp32)
set(BOARD_LINK_FLAGS -march=rv32imac -mabi=ilp32)
set(BOARD_CORE rv32imac)
set(BOARD_KERNELS scalar)
# GCC 12 loads ahead of the sums that kernels keep in registers, and spills them.
set(BOARD_ENGINE_FLAGS -fno-schedule-insns)
set(BOARD_FAMILY riscv)
