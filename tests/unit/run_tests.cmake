# Update() under a fake world, and the pure parts around it.
add_library(test_scene STATIC ${CMAKE_SOURCE_DIR}/tests/fakes/scene.cc)
proctor_expose(test_scene tests)
target_link_libraries(test_scene PRIVATE proctor_warnings core_base core_model core_config core_run
  fmt::fmt)

add_executable(run_tests
  unit/run_main.cc unit/run_batch_test.cc unit/run_subject_test.cc unit/run_spares_test.cc
  unit/run_lanes_test.cc unit/run_step_test.cc unit/run_hold_test.cc unit/run_aside_test.cc unit/run_turn_test.cc unit/run_resume_test.cc unit/run_awkward_test.cc unit/run_health_test.cc
  unit/run_collateral_test.cc
  unit/run_cumulative_test.cc unit/base_test.cc
  unit/plan_test.cc unit/prober_test.cc unit/worker_messages_test.cc unit/live_lines_test.cc
  unit/interpreters_test.cc unit/crash_file_test.cc)
target_link_libraries(run_tests PRIVATE proctor_warnings test_scene core_base core_model core_config
  core_run core_subject core_runners core_process fmt::fmt)
add_test(NAME run_tests COMMAND run_tests)
