# The dashboard on made-up states; included by tests/CMakeLists.txt after
# unit/app_tests.cmake, where sample_state is made.
add_executable(dashboard_preview ${CMAKE_CURRENT_LIST_DIR}/dashboard_preview.cc)
target_link_libraries(dashboard_preview PRIVATE
  proctor_warnings sample_state app_base app_window app_routes core_base core_config core_model
  proctor_hooks fmt::fmt Threads::Threads)
