# What the chaos test runs beside Proctor: its subject, and the clock that jumps. Both live in
# processes that end in every way, so they are compiled without sanitizers.

find_package(Threads REQUIRED)
set(chaos_dir "${CMAKE_SOURCE_DIR}/tests/chaos")
add_executable(chaos_subject "${chaos_dir}/subject.cc")
target_link_libraries(chaos_subject PRIVATE proctor_warnings Threads::Threads)
add_library(chaos_clock SHARED "${chaos_dir}/clock_shim.cc")
target_link_libraries(chaos_clock PRIVATE proctor_warnings)
foreach(part chaos_subject chaos_clock)
  target_compile_options(${part} PRIVATE -fno-sanitize=all)
  target_link_options(${part} PRIVATE -fno-sanitize=all)
  set_target_properties(${part} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin/children"
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin/children")
endforeach()
