# RISC-V boards, with Debian's GCC and picolibc. Debian has no libstdc++ for this target: the header-only
# parts of the ARM one (libstdc++-arm-none-eabi-dev) serve, and programs are linked as C.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_CXX_COMPILER riscv64-unknown-elf-g++)
set(CMAKE_ASM_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_OBJCOPY riscv64-unknown-elf-objcopy)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

set(_cxx_headers /usr/include/newlib/c++/12.2.1)
set(CMAKE_CXX_FLAGS_INIT
  "-nostdinc++ -isystem ${_cxx_headers} -isystem ${_cxx_headers}/arm-none-eabi/thumb/v6-m/nofp")
