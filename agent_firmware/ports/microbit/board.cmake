set(BOARD_CPU_FLAGS -mthumb -mcpu=cortex-m0)
set(BOARD_CORE cortex-m0)
set(BOARD_KERNELS scalar)
set(BOARD_FAMILY cortex_m)
# 16 KiB of RAM: small frames, few samples, the rest for the model.
set(BOARD_DEFINES TINYRIG_AGENT_PAYLOAD_BYTES=448 TINYRIG_AGENT_SAMPLES=64)
