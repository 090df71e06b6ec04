# find_package(proctor_hooks): see embed.cmake, which brings proctor_hooks(TARGET).
include("${CMAKE_CURRENT_LIST_DIR}/../../../share/proctor_hooks/hooks/cmake/embed.cmake")
