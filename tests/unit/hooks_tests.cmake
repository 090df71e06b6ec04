# Unit tests of the hooks; included by tests/CMakeLists.txt.
find_package(doctest REQUIRED)

add_executable(hooks_tests
  ${CMAKE_CURRENT_LIST_DIR}/hooks_main.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_access_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_backtrace_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_board_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_discovery_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_fences_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_frame_gate_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_gui_health_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_guard_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_hooks_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_json_text_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_routes_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_server_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_trace_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_ui_script_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_ui_stage_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_ui_tree_test.cc)
target_include_directories(hooks_tests PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(hooks_tests PRIVATE
  proctor_warnings proctor_hooks proctor_hooks_assert imgui PkgConfig::httplib PkgConfig::json doctest::doctest
  Threads::Threads)
add_test(NAME hooks_tests COMMAND hooks_tests)

# Random programs against the guard. A program of its own, as it takes some seconds.
add_executable(hooks_fuzz_tests
  ${CMAKE_CURRENT_LIST_DIR}/hooks_main.cc
  ${CMAKE_CURRENT_LIST_DIR}/hooks_guard_fuzz_test.cc)
target_include_directories(hooks_fuzz_tests PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(hooks_fuzz_tests PRIVATE
  proctor_warnings proctor_hooks proctor_hooks_assert imgui doctest::doctest)
add_test(NAME hooks_fuzz_tests COMMAND hooks_fuzz_tests)

# What the recorder is tested with: a program without a window.
add_executable(hooks_stage ${CMAKE_SOURCE_DIR}/tests/children/hooks_stage.cc)
target_include_directories(hooks_stage PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(hooks_stage PRIVATE
  proctor_warnings proctor_hooks proctor_hooks_assert imgui PkgConfig::json Threads::Threads)
