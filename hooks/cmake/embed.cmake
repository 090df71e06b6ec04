# proctor_hooks(TARGET [OWN_CONFIG]): gives the program the library proctor::hooks.
#
# TARGET is the one that compiles Dear ImGui: a library, or the program itself. The hooks
# are compiled from source against that very ImGui, because they see its inside. TARGET
# gets IMGUI_USER_CONFIG="proctor_imgui_config.h"; with OWN_CONFIG it keeps its own
# config header, which then has to include that one.
#
# With -DPROCTOR_HOOKS=OFF the same program builds without them: hooks.h then declares a class
# that does nothing, IM_ASSERT is ImGui's own, and no HTTP library is needed.
#
# Found by find_package(proctor_hooks) and by add_subdirectory(hooks) alike.
include_guard()
option(PROCTOR_HOOKS "Build the hooks into the programs that embed them" ON)

function(proctor_hooks target)
  # Here, because the caller of add_subdirectory() gets the function and no variables.
  set(PROCTOR_HOOKS_DIR "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/..")
  include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/sources.cmake")
  cmake_parse_arguments(arg "OWN_CONFIG" "" "" ${ARGN})
  target_include_directories(${target} PUBLIC "${PROCTOR_HOOKS_DIR}/imgui")
  if(NOT arg_OWN_CONFIG)
    target_compile_definitions(${target} PUBLIC IMGUI_USER_CONFIG="proctor_imgui_config.h")
  endif()
  if(NOT PROCTOR_HOOKS)
    proctor_hooks_off(${target})
    return()
  endif()
  find_package(Threads REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(proctor_httplib REQUIRED IMPORTED_TARGET cpp-httplib)
  pkg_check_modules(proctor_json REQUIRED IMPORTED_TARGET nlohmann_json)
  pkg_check_modules(proctor_stb REQUIRED IMPORTED_TARGET stb)

  set(called ${PROCTOR_HOOKS_CALLED_SOURCES})
  list(TRANSFORM called PREPEND "${PROCTOR_HOOKS_DIR}/")
  target_sources(${target} PRIVATE ${called})
  set_source_files_properties(${called} TARGET_DIRECTORY ${target} PROPERTIES
    COMPILE_OPTIONS "-std=c++20")

  set(sources ${PROCTOR_HOOKS_SOURCES})
  list(TRANSFORM sources PREPEND "${PROCTOR_HOOKS_DIR}/")
  add_library(proctor_hooks_library STATIC ${sources})
  add_library(proctor::hooks ALIAS proctor_hooks_library)
  target_compile_features(proctor_hooks_library PUBLIC cxx_std_20)
  get_filename_component(root "${PROCTOR_HOOKS_DIR}/.." ABSOLUTE)
  target_include_directories(proctor_hooks_library PUBLIC "${root}")
  target_include_directories(${target} PRIVATE "${root}")
  target_include_directories(proctor_hooks_library SYSTEM PRIVATE
    $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
  target_compile_definitions(proctor_hooks_library PRIVATE
    $<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>)
  target_link_libraries(proctor_hooks_library PRIVATE
    PkgConfig::proctor_httplib PkgConfig::proctor_json PkgConfig::proctor_stb Threads::Threads
    ${CMAKE_DL_LIBS})
  # Backtraces name the functions that the program exports: without this, none of its own.
  target_link_options(proctor_hooks_library INTERFACE -rdynamic)
  target_link_libraries(${target} PRIVATE ${CMAKE_DL_LIBS})
endfunction()

# What is left of the hooks where they are compiled out: the types that routes are written with.
function(proctor_hooks_off target)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(proctor_json REQUIRED IMPORTED_TARGET nlohmann_json)
  add_library(proctor_hooks_library STATIC
    "${PROCTOR_HOOKS_DIR}/http.cc" "${PROCTOR_HOOKS_DIR}/json_text.cc")
  add_library(proctor::hooks ALIAS proctor_hooks_library)
  target_compile_features(proctor_hooks_library PUBLIC cxx_std_20)
  target_compile_definitions(proctor_hooks_library PUBLIC PROCTOR_HOOKS_OFF)
  target_compile_definitions(${target} PUBLIC PROCTOR_HOOKS_OFF)
  get_filename_component(root "${PROCTOR_HOOKS_DIR}/.." ABSOLUTE)
  target_include_directories(proctor_hooks_library PUBLIC "${root}")
  target_link_libraries(proctor_hooks_library PRIVATE PkgConfig::proctor_json)
endfunction()
