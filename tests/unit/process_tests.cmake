# Real processes: the tether, its client, and what surrounds them.

set(proctor_children
  daemonize die family flood fork_loop hold_stdout ignore_term show_itself threads
  wait_for_kill)
foreach(child ${proctor_children} owner)
  add_executable(child_${child} "${CMAKE_SOURCE_DIR}/tests/children/${child}.cc")
  target_link_libraries(child_${child} PRIVATE proctor_warnings)
  set_target_properties(child_${child} PROPERTIES
    OUTPUT_NAME ${child}
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin/children")
endforeach()
target_link_libraries(child_owner PRIVATE core_base core_process PkgConfig::uv)

# Children show what they inherited: they are compiled without sanitizers, which
# open files and handle signals of their own.
foreach(child ${proctor_children})
  target_compile_options(child_${child} PRIVATE -fno-sanitize=all)
  target_link_options(child_${child} PRIVATE -fno-sanitize=all)
endforeach()

set(process_test_dir "${CMAKE_SOURCE_DIR}/tests/unit")
add_executable(process_tests
  "${process_test_dir}/process_main.cc"
  "${process_test_dir}/process_display_test.cc"
  "${process_test_dir}/process_output_test.cc"
  "${process_test_dir}/process_ports_test.cc"
  "${process_test_dir}/process_priority_test.cc"
  "${process_test_dir}/process_spawn_test.cc"
  "${process_test_dir}/process_stack_taker_test.cc"
  "${process_test_dir}/process_stacks_test.cc"
  "${process_test_dir}/process_core_test.cc"
  "${process_test_dir}/process_sweep_test.cc"
  "${process_test_dir}/process_usage_test.cc"
  "${process_test_dir}/process_tree_test.cc"
  "${process_test_dir}/process_loss_test.cc"
  "${process_test_dir}/process_workspace_test.cc")
target_link_libraries(process_tests PRIVATE
  proctor_warnings core_base core_process core_process_shared core_subject
  PkgConfig::uv Threads::Threads)
target_include_directories(process_tests PRIVATE "${process_test_dir}")
target_compile_definitions(process_tests PRIVATE
  PROCTOR_TETHER="$<TARGET_FILE:proctor-tether>"
  PROCTOR_CHILDREN="${CMAKE_BINARY_DIR}/bin/children")
add_dependencies(process_tests proctor-tether child_owner)
foreach(child ${proctor_children})
  add_dependencies(process_tests child_${child})
endforeach()
add_test(NAME process_tests COMMAND process_tests)
