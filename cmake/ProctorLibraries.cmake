# Finds the libraries. All but Dear ImGui come from the system's packages.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
pkg_check_modules(uv REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(json REQUIRED IMPORTED_TARGET nlohmann_json)
pkg_check_modules(toml REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(cli11 REQUIRED IMPORTED_TARGET CLI11)
pkg_check_modules(pugixml REQUIRED IMPORTED_TARGET pugixml)
pkg_check_modules(crypto REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(zmq REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(stb REQUIRED IMPORTED_TARGET stb)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
find_package(SQLiteCpp REQUIRED)
if(PROCTOR_BUILD_APP)
  pkg_check_modules(glfw REQUIRED IMPORTED_TARGET glfw3)
  find_package(OpenGL REQUIRED)
endif()

# Dear ImGui: the folder that was named, else what `./dev setup` fetched, else
# upstream's tag.
set(PROCTOR_IMGUI_VERSION 1.92.2b)
if(NOT PROCTOR_IMGUI_DIR AND EXISTS "${CMAKE_SOURCE_DIR}/.deps/imgui/imgui.h")
  set(imgui_dir "${CMAKE_SOURCE_DIR}/.deps/imgui")
elseif(PROCTOR_IMGUI_DIR)
  if(NOT EXISTS "${PROCTOR_IMGUI_DIR}/imgui.h")
    message(FATAL_ERROR "PROCTOR_IMGUI_DIR=${PROCTOR_IMGUI_DIR} holds no imgui.h; "
      "name the root of Dear ImGui's sources, or leave it out")
  endif()
  set(imgui_dir "${PROCTOR_IMGUI_DIR}")
else()
  include(FetchContent)
  FetchContent_Declare(imgui_source
    GIT_REPOSITORY https://github.com/ocornut/imgui.git
    GIT_TAG v${PROCTOR_IMGUI_VERSION}
    GIT_SHALLOW TRUE)
  FetchContent_MakeAvailable(imgui_source)
  set(imgui_dir "${imgui_source_SOURCE_DIR}")
endif()

file(STRINGS "${imgui_dir}/imgui.h" imgui_version REGEX "#define IMGUI_VERSION_NUM")
string(REGEX MATCH "[0-9]+" imgui_version "${imgui_version}")
if(imgui_version LESS 19220)
  message(FATAL_ERROR "Dear ImGui in ${imgui_dir} is too old: IMGUI_VERSION_NUM ${imgui_version}, "
    "19220 (1.92.2) or newer is needed")
endif()

add_library(imgui STATIC
  "${imgui_dir}/imgui.cpp" "${imgui_dir}/imgui_draw.cpp" "${imgui_dir}/imgui_tables.cpp"
  "${imgui_dir}/imgui_widgets.cpp" "${imgui_dir}/misc/cpp/imgui_stdlib.cpp")
target_include_directories(imgui SYSTEM PUBLIC "${imgui_dir}" "${imgui_dir}/misc/cpp")
target_include_directories(imgui PUBLIC "${CMAKE_SOURCE_DIR}/hooks/imgui")
# The names that 1.92 renamed are an error here, so that nothing new uses them.
target_compile_definitions(imgui PUBLIC IMGUI_USER_CONFIG="proctor_imgui_config.h"
  IMGUI_DISABLE_OBSOLETE_FUNCTIONS)
# A failed IM_ASSERT throws from there (hooks/imgui/proctor_imgui_config.h).
target_link_libraries(imgui PRIVATE proctor_hooks_assert)
if(PROCTOR_SANITIZE MATCHES "undefined")
  # TreePop() too many shifts by -1, and asserts right after. Of `shift` g++ cannot leave out a part.
  target_compile_options(imgui PRIVATE -fno-sanitize=shift)
endif()

if(PROCTOR_BUILD_APP)
  add_library(imgui_glfw STATIC
    "${imgui_dir}/backends/imgui_impl_glfw.cpp" "${imgui_dir}/backends/imgui_impl_opengl3.cpp")
  target_include_directories(imgui_glfw SYSTEM PUBLIC "${imgui_dir}/backends")
  target_link_libraries(imgui_glfw PUBLIC imgui PkgConfig::glfw OpenGL::GL ${CMAKE_DL_LIBS})
endif()
