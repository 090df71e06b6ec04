# The client and the session of kernels: against a scripted kernel, and against ipykernel.

set(kernel_client_dir "${CMAKE_SOURCE_DIR}/tests/unit")
add_executable(kernel_client_tests
  "${kernel_client_dir}/process_main.cc"
  "${kernel_client_dir}/kernel_client_test.cc"
  "${kernel_client_dir}/kernel_client_ends_test.cc"
  "${kernel_client_dir}/kernel_session_test.cc"
  "${kernel_client_dir}/kernel_tracker_test.cc"
  "${CMAKE_SOURCE_DIR}/tests/fakes/fake_kernel.cc")
target_link_libraries(kernel_client_tests PRIVATE
  proctor_warnings core_base core_process core_kernel PkgConfig::zmq Threads::Threads)
target_include_directories(kernel_client_tests PRIVATE
  "${kernel_client_dir}" "${CMAKE_SOURCE_DIR}/tests/fakes")
add_test(NAME kernel_client_tests COMMAND kernel_client_tests)

add_executable(kernel_real_tests
  "${kernel_client_dir}/process_main.cc"
  "${kernel_client_dir}/kernel_real_test.cc")
target_link_libraries(kernel_real_tests PRIVATE
  proctor_warnings core_base core_process core_kernel Threads::Threads)
target_include_directories(kernel_real_tests PRIVATE "${kernel_client_dir}")
add_test(NAME kernel_real_tests COMMAND kernel_real_tests)
