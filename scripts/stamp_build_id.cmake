# Gives a linked firmware its build id: the first 16 hex digits of the SHA-256 over the image as linked,
# with the id's own section still zero. Writes NAME.bin and the manifest NAME.json beside the ELF.
#   cmake -DOBJCOPY=... -DELF=... -DBOARD=... -P stamp_build_id.cmake
get_filename_component(folder ${ELF} DIRECTORY)
get_filename_component(name ${ELF} NAME_WLE)
set(bin ${folder}/${name}.bin)
set(id_file ${folder}/${name}.build_id)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    file(REMOVE ${ELF})  # an unstamped image must not pass for a finished one
    message(FATAL_ERROR "${ARGN} failed: ${result}")
  endif()
endfunction()

run(${OBJCOPY} -O binary ${ELF} ${bin})
file(SHA256 ${bin} linked_hash)
string(SUBSTRING ${linked_hash} 0 16 build_id)
file(WRITE ${id_file} ${build_id})
run(${OBJCOPY} --update-section .build_id=${id_file} ${ELF})
run(${OBJCOPY} -O binary ${ELF} ${bin})
file(SHA256 ${bin} hash)
file(SIZE ${bin} size)
file(REMOVE ${id_file})
file(WRITE ${folder}/${name}.json
  "{\"board\": \"${BOARD}\", \"build_id\": \"${build_id}\", \"size\": ${size}, \"sha256\": \"${hash}\"}\n")
message(STATUS "${name} for ${BOARD}: ${size} bytes, build ${build_id}")
