# What a batch looks like outside: --json, --junit, and the terminal.

set(report_test_dir "${CMAKE_SOURCE_DIR}/tests/unit")
add_executable(report_tests
  "${report_test_dir}/report_main.cc"
  "${report_test_dir}/report_scene.cc"
  "${report_test_dir}/report_describe_test.cc"
  "${report_test_dir}/report_growth_test.cc"
  "${report_test_dir}/report_json_test.cc"
  "${report_test_dir}/report_junit_test.cc"
  "${report_test_dir}/report_subject_test.cc"
  "${report_test_dir}/report_summary_test.cc"
  "${report_test_dir}/report_text_format_test.cc"
  "${report_test_dir}/report_text_reporter_test.cc"
  "${report_test_dir}/report_whole_file_test.cc")
target_link_libraries(report_tests PRIVATE
  proctor_warnings core_base core_model core_config core_history core_report fmt::fmt
  PkgConfig::json PkgConfig::pugixml)
add_test(NAME report_tests COMMAND report_tests)
