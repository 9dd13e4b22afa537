# The cross build of one board: tinyrig-agent.elf, .bin and .json (manifest), the porting test tinyrig-bringup,
# and tinyrig-kernels, which runs packed images for tests and benchmarks of the engine. Used when agent_firmware/ is the top of the build:
#   cmake -S agent_firmware -B build/firmware/<board> -DTINYRIG_BOARD=<board> \
#         -DCMAKE_TOOLCHAIN_FILE=agent_firmware/toolchains/{arm-none-eabi,riscv}.cmake
set(TINYRIG_BOARD "" CACHE STRING "Folder of agent_firmware/ports with a board.cmake")
set(FIRMWARE_DIR ${CMAKE_CURRENT_LIST_DIR})
get_filename_component(REPO_ROOT ${FIRMWARE_DIR}/.. ABSOLUTE)
set(BOARD_DIR ${FIRMWARE_DIR}/ports/${TINYRIG_BOARD})
if(NOT EXISTS ${BOARD_DIR}/board.cmake)
  file(GLOB ports RELATIVE ${FIRMWARE_DIR}/ports ${FIRMWARE_DIR}/ports/*/board.cmake)
  list(TRANSFORM ports REPLACE "/board.cmake" "")
  message(FATAL_ERROR "TINYRIG_BOARD='${TINYRIG_BOARD}' has no port; there are: ${ports}")
endif()
# BOARD_CPU_FLAGS, BOARD_FAMILY (folder of ports/ with startup.cpp), BOARD_CORE and BOARD_KERNELS (a core's name and
# folder of engine/kernels/, as engine/sources.cmake lists them). Optional: BOARD_LINK_FLAGS in place of the
# CPU flags when linking, BOARD_DEFINES, BOARD_ENGINE_FLAGS, BOARD_SOURCES (more of the port).
include(${BOARD_DIR}/board.cmake)
if(NOT BOARD_LINK_FLAGS)
  set(BOARD_LINK_FLAGS ${BOARD_CPU_FLAGS})
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Optimization is chosen by part below, not by build type.
foreach(language C CXX)
  set(CMAKE_${language}_FLAGS_RELEASE "-DNDEBUG")
  set(CMAKE_${language}_FLAGS_RELWITHDEBINFO "-DNDEBUG")
endforeach()
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

if(BOARD_FAMILY STREQUAL riscv)
  set(LIBC_SPECS --specs=picolibc.specs)
else()
  set(LIBC_SPECS --specs=nano.specs)
endif()

add_library(firmware_flags INTERFACE)
target_compile_options(firmware_flags INTERFACE
  ${BOARD_CPU_FLAGS} ${LIBC_SPECS} -g -ffunction-sections -fdata-sections -fno-common
  -ffile-prefix-map=${REPO_ROOT}=. -fno-move-loop-stores  # GCC 12 repeats volatile stores that it moved out of loops
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-use-cxa-atexit>)
target_include_directories(firmware_flags INTERFACE ${REPO_ROOT} ${BOARD_DIR})
target_compile_definitions(firmware_flags INTERFACE TINYRIG_FIRMWARE=1 ${BOARD_DEFINES})
link_libraries(firmware_flags)

add_library(firmware_warnings INTERFACE)
target_compile_options(firmware_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wno-sign-conversion -Werror $<$<COMPILE_LANGUAGE:CXX>:-Wconversion>)

# The port: shared by every program of this board. An object library, so that the vector table is linked.
add_library(firmware_port OBJECT
  ports/shared/boot_record.cpp ports/shared/memory_layout.cpp ports/shared/port.cpp ports/shared/unit_block.cpp
  ports/${BOARD_FAMILY}/startup.cpp ${BOARD_SOURCES})
target_compile_options(firmware_port PRIVATE -Os -fno-tree-loop-distribute-patterns)
target_link_libraries(firmware_port PRIVATE firmware_warnings)

# Size matters more than speed outside the engine, except where a clock is read: it is paid for in the profile.
set_source_files_properties(ports/shared/port.cpp ${FIRMWARE_DIR}/agent/measuring.cpp PROPERTIES COMPILE_OPTIONS -O2)

# firmware_program(NAME SOURCES ... LIBS ...): NAME.elf, stamped with its build id, NAME.bin and NAME.json.
function(firmware_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES} $<TARGET_OBJECTS:firmware_port>)
  set_target_properties(${name} PROPERTIES SUFFIX .elf LINKER_LANGUAGE C
    LINK_DEPENDS "${BOARD_DIR}/memory.ld;${FIRMWARE_DIR}/ports/shared/sections.ld")
  target_compile_options(${name} PRIVATE -Os)
  target_link_libraries(${name} PRIVATE firmware_warnings ${ARG_LIBS})
  target_link_options(${name} PRIVATE
    ${BOARD_LINK_FLAGS} ${LIBC_SPECS} -nostartfiles
    -T${BOARD_DIR}/memory.ld -L${FIRMWARE_DIR}/ports/shared
    -Wl,--gc-sections -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments -Wl,-Map=${name}.map)
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DOBJCOPY=${CMAKE_OBJCOPY} -DELF=$<TARGET_FILE:${name}> -DBOARD=${TINYRIG_BOARD}
            -P ${REPO_ROOT}/scripts/stamp_build_id.cmake
    VERBATIM)
endfunction()

firmware_program(tinyrig-bringup SOURCES ports/bringup.cpp)

# engine/sources.cmake sets ENGINE_SOURCES (paths from its folder); agent/sources.cmake sets
# TINYRIG_AGENT_SOURCES and TINYRIG_AGENT_MAIN (paths from the repository's root).
include(${FIRMWARE_DIR}/engine/sources.cmake)
include(${FIRMWARE_DIR}/agent/sources.cmake)
include(${REPO_ROOT}/cmake/Nanopb.cmake)
target_compile_options(tinyrig_agent_messages PRIVATE -Os)
list(APPEND ENGINE_SOURCES ${ENGINE_KERNELS_${BOARD_KERNELS}})
list(TRANSFORM ENGINE_SOURCES PREPEND ${FIRMWARE_DIR}/engine/)
list(TRANSFORM TINYRIG_AGENT_SOURCES PREPEND ${REPO_ROOT}/)
add_library(firmware_engine STATIC ${ENGINE_SOURCES})
target_compile_options(firmware_engine PRIVATE -O2 ${BOARD_ENGINE_FLAGS})
target_compile_definitions(firmware_engine PRIVATE TINYRIG_CORE=${ENGINE_CORE_${BOARD_CORE}})
target_link_libraries(firmware_engine PRIVATE firmware_warnings)
# What the agent runs models with: a folder of runtimes/ whose runtime.cmake fills the library RUNTIME.
set(TINYRIG_RUNTIME tinyrig CACHE STRING "Folder of agent_firmware/runtimes")
if(NOT EXISTS ${FIRMWARE_DIR}/runtimes/${TINYRIG_RUNTIME}/runtime.cmake)
  file(GLOB runtimes RELATIVE ${FIRMWARE_DIR}/runtimes ${FIRMWARE_DIR}/runtimes/*/runtime.cmake)
  list(TRANSFORM runtimes REPLACE "/runtime.cmake" "")
  message(FATAL_ERROR "TINYRIG_RUNTIME='${TINYRIG_RUNTIME}' is no runtime; there are: ${runtimes}")
endif()
add_library(firmware_runtime STATIC)
target_compile_options(firmware_runtime PRIVATE -O2)
target_link_libraries(firmware_runtime PRIVATE firmware_warnings)
set(RUNTIME firmware_runtime)
set(ENGINE firmware_engine)
include(${FIRMWARE_DIR}/runtimes/${TINYRIG_RUNTIME}/runtime.cmake)
firmware_program(tinyrig-agent
  SOURCES ${TINYRIG_AGENT_SOURCES} ${REPO_ROOT}/${TINYRIG_AGENT_MAIN} LIBS firmware_runtime tinyrig_agent_messages m)
firmware_program(tinyrig-kernels
  SOURCES kernels_test/main.cpp kernels_test/compare.cpp kernels_test/measure.cpp LIBS firmware_engine)
