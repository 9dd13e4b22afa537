# Flags and the few functions that every folder's CMakeLists.txt uses.

add_library(tinyrig_flags INTERFACE)
target_compile_options(tinyrig_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wconversion -Wno-sign-conversion -Werror
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)  # false alarms of GCC 12 in coroutines
target_include_directories(tinyrig_flags INTERFACE ${CMAKE_SOURCE_DIR})

# Where nearly all compile time goes into the headers of gRPC, Protobuf and Asio (server/, client/, emulator/,
# tests/), the files of a target are compiled together, eight at a time. Lint turns it off: each file must compile alone.
option(TINYRIG_UNITY "Compile the files of a target together" ON)
if(TINYRIG_UNITY)
  # For headers: it takes files that are compiled together for such.
  target_compile_options(tinyrig_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()

# tinyrig_command_line(FILES...): files that only read a command line. CLI11 is slow to optimize, and for nothing.
function(tinyrig_command_line)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -O0)
endfunction()

# Test names say under which sanitizers they run.
# GCC 12 gives false alarms under sanitizers; the normal build is the one that takes warnings as errors.
if(TINYRIG_SANITIZE)
  target_compile_options(tinyrig_flags INTERFACE -Wno-error)
  set(TINYRIG_TEST_PREFIX "sanitized.")
  add_compile_options(-fsanitize=${TINYRIG_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TINYRIG_SANITIZE})
endif()
if(TINYRIG_FUZZ)
  # clang 14 cannot compile coroutines with "function".
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=function -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()

# tinyrig_library(NAME SOURCES ... LIBS ...): a static library with our flags.
function(tinyrig_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC tinyrig_flags ${ARG_LIBS})
endfunction()

# tinyrig_executable(NAME SOURCES ... LIBS ...)
function(tinyrig_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE tinyrig_flags ${ARG_LIBS})
endfunction()

# tinyrig_test(NAME SOURCES ... LIBS ... [LABELS ...] [TIMEOUT s] [SERIAL]): a GoogleTest program,
# each case a ctest. Labels: unit (also run under sanitizers), integration, e2e. SERIAL: needs the whole machine.
function(tinyrig_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE tinyrig_flags ${ARG_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 TEST_PREFIX "${TINYRIG_TEST_PREFIX}${name}."
    TEST_FILTER "-*.DISABLED_*"  # those are run by hand
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} RUN_SERIAL ${ARG_SERIAL})
endfunction()

# tinyrig_fuzzer(NAME SOURCES ... LIBS ...): with TINYRIG_FUZZ a libFuzzer program; always also a test
# NAME_corpus that replays tests/fuzz/corpus/NAME through the same entry, so that findings stay fixed.
function(tinyrig_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  if(TINYRIG_FUZZ)
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE tinyrig_flags ${ARG_LIBS})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  elseif(TINYRIG_TESTS)
    add_executable(${name}_corpus ${ARG_SOURCES} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_corpus.cpp)
    target_link_libraries(${name}_corpus PRIVATE tinyrig_flags ${ARG_LIBS})
    add_test(NAME ${TINYRIG_TEST_PREFIX}${name}_corpus COMMAND ${name}_corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(${TINYRIG_TEST_PREFIX}${name}_corpus PROPERTIES LABELS unit TIMEOUT 120)
  endif()
endfunction()
