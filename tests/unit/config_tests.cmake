# proctor.toml: what it means, and how it says what is wrong.

set(config_test_dir "${CMAKE_SOURCE_DIR}/tests/unit")
add_executable(config_tests
  "${config_test_dir}/config_main.cc"
  "${config_test_dir}/config_detect_test.cc"
  "${config_test_dir}/config_error_test.cc"
  "${config_test_dir}/config_load_test.cc")
target_link_libraries(config_tests PRIVATE proctor_warnings core_base core_model core_config)
add_test(NAME config_tests COMMAND config_tests)
