# Jupyter's messages and files, and the sandbox: no kernel is started.

set(kernel_test_dir "${CMAKE_SOURCE_DIR}/tests/unit")
add_executable(kernel_tests
  "${kernel_test_dir}/kernel_main.cc"
  "${kernel_test_dir}/kernel_connection_test.cc"
  "${kernel_test_dir}/kernel_json_text_test.cc"
  "${kernel_test_dir}/kernel_kernelspec_test.cc"
  "${kernel_test_dir}/kernel_message_test.cc"
  "${kernel_test_dir}/kernel_sandbox_test.cc"
  "${kernel_test_dir}/kernel_srt_settings_test.cc")
target_link_libraries(kernel_tests PRIVATE
  proctor_warnings core_base core_process core_process_shared core_kernel PkgConfig::json
  PkgConfig::uv fmt::fmt Threads::Threads)
target_include_directories(kernel_tests PRIVATE "${kernel_test_dir}")
target_compile_definitions(kernel_tests PRIVATE
  PROCTOR_TETHER="$<TARGET_FILE:proctor-tether>"
  PROCTOR_CHILDREN="${CMAKE_BINARY_DIR}/bin/children")
add_dependencies(kernel_tests proctor-tether)
add_test(NAME kernel_tests COMMAND kernel_tests)
