# Configures the firmware of a board with the runtime tflm, as a user would, and compiles the adapter.
#   cmake -DSOURCE=... -DBUILD=... -DARCHIVER=... -DNANOPB_DIR=... -P compile_for_arm.cmake
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN} failed: ${result}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${BUILD})
file(MAKE_DIRECTORY ${BUILD})
run(${ARCHIVER} rcs ${BUILD}/libempty.a)
run(${CMAKE_COMMAND} -S ${SOURCE}/agent_firmware -B ${BUILD}/build -G Ninja
  -DCMAKE_TOOLCHAIN_FILE=${SOURCE}/agent_firmware/toolchains/arm-none-eabi.cmake -DTINYRIG_BOARD=mps2-an386
  -DNANOPB_DIR=${NANOPB_DIR} -DTINYRIG_RUNTIME=tflm -DTINYRIG_TFLM_INCLUDE=${SOURCE}/tests/support/tflm/include
  -DTINYRIG_TFLM_LIBRARY=${BUILD}/libempty.a)
run(${CMAKE_COMMAND} --build ${BUILD}/build --target firmware_runtime)
file(GLOB objects ${BUILD}/build/libfirmware_runtime.a)
if(NOT objects)
  message(FATAL_ERROR "the adapter's library was not made")
endif()
