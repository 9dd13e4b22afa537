# Cortex-M boards, with Debian's GCC. C++ headers come from libstdc++-arm-none-eabi-dev; programs are
# linked as C, so that the large libstdc++ package is not needed.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_ASM_COMPILER arm-none-eabi-gcc)
set(CMAKE_OBJCOPY arm-none-eabi-objcopy)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)  # nothing to run or link against at configure time
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
