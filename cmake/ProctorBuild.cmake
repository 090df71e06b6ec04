# How every target of Proctor is compiled, and proctor_library(), which makes a
# folder a target whose headers only its declared users can include.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

find_program(PROCTOR_CCACHE ccache)
if(PROCTOR_CCACHE)
  # Precompiled headers hide the clock macros from ccache, which none of ours uses.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env"
    "CCACHE_SLOPPINESS=pch_defines,time_macros" "${PROCTOR_CCACHE}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()

find_program(PROCTOR_MOLD mold)
if(PROCTOR_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-g1)
endif()
add_compile_options(-fno-omit-frame-pointer)

if(PROCTOR_SANITIZE)
  add_compile_options(-fsanitize=${PROCTOR_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PROCTOR_SANITIZE})
endif()

add_library(proctor_warnings INTERFACE)
target_compile_options(proctor_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror=switch -Werror=return-type
  -Wno-missing-field-initializers $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)

# proctor_light(TARGET…): code that decides and is never hot. The optimiser's time
# on it, mostly on the copying of variants, was half of the whole build's.
function(proctor_light)
  foreach(target ${ARGN})
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endforeach()
endfunction()

# proctor_expose(TARGET FOLDER): users of TARGET, and nobody else, find its
# headers as "FOLDER/name.h". A link in the build tree does it, because with the
# source root on the include path every folder would see every other.
function(proctor_expose target folder)
  set(view "${CMAKE_BINARY_DIR}/include/${target}")
  get_filename_component(parent "${view}/${folder}" DIRECTORY)
  file(MAKE_DIRECTORY "${parent}")
  file(CREATE_LINK "${CMAKE_SOURCE_DIR}/${folder}" "${view}/${folder}" SYMBOLIC)
  target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${view}>")
endfunction()

# proctor_library(NAME FOLDER folder SOURCES … DEPS …): a static library of one
# folder. DEPS are private: whoever includes a header names its target himself.
function(proctor_library name)
  cmake_parse_arguments(arg "" "FOLDER" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  proctor_expose(${name} ${arg_FOLDER})
  target_link_libraries(${name} PRIVATE proctor_warnings ${arg_DEPS})
endfunction()

# A program with a window: what a sanitizer says of the GL driver must stay the driver's, and
# it can name only modules that are still loaded.
function(proctor_windowed target)
  if(PROCTOR_SANITIZE)
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/keep_drivers_loaded.cc)
  endif()
endfunction()
