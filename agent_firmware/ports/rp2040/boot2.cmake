# boot2_code.inc: the machine code of boot2.S as numbers, for boot2.cpp.
set(boot2_source ${FIRMWARE_DIR}/ports/rp2040/boot2.S)
set(boot2_folder ${CMAKE_BINARY_DIR}/boot2)
file(MAKE_DIRECTORY ${boot2_folder})
add_custom_command(
  OUTPUT ${boot2_folder}/boot2_code.inc
  COMMAND ${CMAKE_ASM_COMPILER} -c ${boot2_source} -o ${boot2_folder}/boot2.o
  COMMAND ${CMAKE_OBJCOPY} -O binary -j .text ${boot2_folder}/boot2.o ${boot2_folder}/boot2.bin
  COMMAND ${CMAKE_COMMAND} -DINPUT=${boot2_folder}/boot2.bin -DOUTPUT=${boot2_folder}/boot2_code.inc
          -P ${FIRMWARE_DIR}/ports/rp2040/bytes_as_numbers.cmake
  DEPENDS ${boot2_source} ${FIRMWARE_DIR}/ports/rp2040/bytes_as_numbers.cmake
  VERBATIM)
set_source_files_properties(${FIRMWARE_DIR}/ports/rp2040/boot2.cpp PROPERTIES
  OBJECT_DEPENDS ${boot2_folder}/boot2_code.inc INCLUDE_DIRECTORIES ${boot2_folder})
