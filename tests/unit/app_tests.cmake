# Unit tests of the dashboard's text and decisions; included by tests/CMakeLists.txt.
find_package(doctest REQUIRED)

# States as a batch would leave them.
add_library(sample_state STATIC
  ${CMAKE_CURRENT_LIST_DIR}/../fakes/sample_lanes.cc ${CMAKE_CURRENT_LIST_DIR}/../fakes/sample_state.cc)
target_include_directories(sample_state PUBLIC ${CMAKE_CURRENT_LIST_DIR}/../..)
target_link_libraries(sample_state PRIVATE
  proctor_warnings core_base core_config core_model fmt::fmt)

add_executable(app_tests
  ${CMAKE_CURRENT_LIST_DIR}/app_main.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_ansi_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_bisect_search_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_batch_routes_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_editor_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_format_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_frame_pacer_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_kernel_output_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_kernel_routes_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_layout_settings_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_nearest_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_output_lines_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_requests_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_routes_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_rows_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/app_state_json_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/../fakes/fake_kernel.cc)
target_link_libraries(app_tests PRIVATE
  proctor_warnings sample_state app_base app_routes core_base core_config core_kernel core_model
  core_process proctor_hooks PkgConfig::json PkgConfig::httplib PkgConfig::uv PkgConfig::zmq fmt::fmt
  doctest::doctest Threads::Threads)
if(BUILD_TESTING OR PROCTOR_BUILD_TESTS)
  add_test(NAME app_tests COMMAND app_tests)
endif()
