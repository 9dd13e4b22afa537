# Sources of the device link, for every build that needs them.
set(TINYRIG_WIRE_LINK_SOURCES ${CMAKE_CURRENT_LIST_DIR}/endpoint.cpp)
