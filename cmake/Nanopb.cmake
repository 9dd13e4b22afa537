# tinyrig_agent_messages: the device link's messages for the agent (agent.pb.{c,h}) with nanopb, for the
# host agent and for every cross build alike. NANOPB_DIR: where scripts/fetch_nanopb.sh put the sources.
get_filename_component(_tinyrig_root ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)
set(NANOPB_DIR ${_tinyrig_root}/build/third_party/nanopb CACHE PATH "nanopb's C sources")
execute_process(COMMAND ${_tinyrig_root}/scripts/fetch_nanopb.sh ${NANOPB_DIR} RESULT_VARIABLE _fetched)
if(NOT _fetched EQUAL 0)
  message(FATAL_ERROR "nanopb's sources are missing: scripts/fetch_nanopb.sh ${NANOPB_DIR} failed (see above)")
endif()
find_program(NANOPB_GENERATOR NAMES nanopb_generator.py nanopb_generator REQUIRED)

set(_messages ${CMAKE_CURRENT_BINARY_DIR}/nanopb)
set(_proto ${_tinyrig_root}/proto/tinyrig/agent/v1/agent)
add_custom_command(
  OUTPUT ${_messages}/agent.pb.c ${_messages}/agent.pb.h
  COMMAND ${CMAKE_COMMAND} -E make_directory ${_messages}
  COMMAND ${NANOPB_GENERATOR} -q -D ${_messages} -I ${_tinyrig_root}/proto/tinyrig/agent/v1
          -f ${_proto}.options ${_proto}.proto
  DEPENDS ${_proto}.proto ${_proto}.options
  COMMENT "nanopb: agent.proto"
  VERBATIM)
add_library(tinyrig_agent_messages STATIC
  ${_messages}/agent.pb.c ${_messages}/agent.pb.h
  ${NANOPB_DIR}/pb_common.c ${NANOPB_DIR}/pb_encode.c ${NANOPB_DIR}/pb_decode.c)
target_include_directories(tinyrig_agent_messages SYSTEM PUBLIC ${_messages} ${NANOPB_DIR})
# No text for errors (flash), no malloc.
target_compile_definitions(tinyrig_agent_messages PUBLIC PB_NO_ERRMSG=1)
