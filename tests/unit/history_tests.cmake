# The journal: its lines, its file, and what is read from it.

set(history_test_dir "${CMAKE_SOURCE_DIR}/tests/unit")
add_executable(history_writer "${history_test_dir}/history_writer.cc")
target_link_libraries(history_writer PRIVATE proctor_warnings core_base core_model core_history)
set_target_properties(history_writer PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin/children")

add_executable(history_tests
  "${history_test_dir}/history_main.cc"
  "${history_test_dir}/history_event_json_test.cc"
  "${history_test_dir}/history_journal_test.cc"
  "${history_test_dir}/history_queries_test.cc")
target_link_libraries(history_tests PRIVATE
  proctor_warnings core_base core_model core_config core_history SQLiteCpp Threads::Threads)
target_compile_definitions(history_tests PRIVATE HISTORY_WRITER="$<TARGET_FILE:history_writer>")
add_dependencies(history_tests history_writer)
add_test(NAME history_tests COMMAND history_tests)
