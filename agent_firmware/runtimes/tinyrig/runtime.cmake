# Our own engine, the library ENGINE, as the library RUNTIME.
target_sources(${RUNTIME} PRIVATE ${CMAKE_CURRENT_LIST_DIR}/runtime.cpp)
target_link_libraries(${RUNTIME} PUBLIC ${ENGINE})
