# Compiler flags of bight's own targets, and what only a top-level build may decide.

set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)  # rooms find their packages in their own folders

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
  set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")

  get_property(bight_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(NOT bight_multi_config AND NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
  endif()

  find_program(BIGHT_CCACHE ccache)
  if(BIGHT_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    # Precompiled headers are cached only with these sloppiness settings. Release builds of several clones share what they have
    # in common; others have the path of the clone in their debug information.
    set(bight_ccache_settings CCACHE_SLOPPINESS=pch_defines,time_macros)
    if(CMAKE_BUILD_TYPE STREQUAL "Release")
      list(APPEND bight_ccache_settings "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_ABSSTDERR=1)
    endif()
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;${bight_ccache_settings};${BIGHT_CCACHE}")
    set(bight_pch_cache_flags
      "$<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>"
      "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
  endif()

  if(BIGHT_SANITIZE)
    add_compile_options(-fsanitize=${BIGHT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${BIGHT_SANITIZE})
    if(BIGHT_SANITIZE MATCHES "thread")
      # ThreadSanitizer does not model Asio's fences. The macro chooses the type of a local variable
      # inside Asio, so it changes no layout.
      add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
      add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
    endif()
  endif()
elseif(BIGHT_SANITIZE)
  message(WARNING "bight: BIGHT_SANITIZE is for top-level builds; a subproject takes the flags of its parent")
endif()

# BIGHT_WERROR=CI: a compiler that no test has seen may warn of what is right.
set(bight_werror "${BIGHT_WERROR}")
if(BIGHT_WERROR STREQUAL "CI")
  set(bight_werror OFF)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12
     AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    set(bight_werror ON)
  endif()
endif()

# bight_own_flags(<target>): language level, warnings and unity build of a target of ours; nothing reaches its users.
function(bight_own_flags target)
  if(BIGHT_UNITY)
    # CMake's own batches. What a source keeps to itself must have a name that the others of its folder do not use.
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    # GCC takes a source for a header there, and warns of members with types from an unnamed namespace.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wextra-semi
    # Not with GCC: it warns of every class that derives from boost::system::error_category.
    $<$<CXX_COMPILER_ID:Clang>:-Wnon-virtual-dtor>
    $<$<BOOL:${bight_werror}>:-Werror>)
endfunction()

include(CheckLinkerFlag)
check_linker_flag(CXX -fuse-ld=gold bight_has_gold)

# bight_quick_flags(<target>): for what is built to be run once, as tests are: compiled and linked as fast as possible.
function(bight_quick_flags target)
  target_compile_options(${target} PRIVATE -O0)
  if(bight_has_gold)
    target_link_options(${target} PRIVATE -fuse-ld=gold)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
    target_compile_options(${target} PRIVATE -ffold-simple-inlines)  # no functions for std::move and its like
  endif()
  if(BIGHT_SANITIZE MATCHES "undefined")
    # Checks of every pointer take half of the time of compiling a test. The libraries have them.
    target_compile_options(${target} PRIVATE -fno-sanitize=null,alignment)
  endif()
endfunction()

# bight_quick_program(<target>): a program without GoogleTest that is built to be run once. What most of them include is
# compiled once for all; that each names what it uses is checked by lint/includes.
function(bight_quick_program target)
  bight_own_flags(${target})
  bight_quick_flags(${target})
  target_compile_options(${target} PRIVATE ${bight_pch_cache_flags})
  bight_link_rooms(${target} core)
  if(NOT TARGET bight_quick_pch)
    set(source "${PROJECT_BINARY_DIR}/pch/quick.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "// Carries the precompiled header of quick programs.\n")
    add_library(bight_quick_pch STATIC "${source}")
    bight_own_flags(bight_quick_pch)
    bight_quick_flags(bight_quick_pch)
    target_compile_options(bight_quick_pch PRIVATE ${bight_pch_cache_flags})
    bight_link_rooms(bight_quick_pch core)
    target_precompile_headers(bight_quick_pch PRIVATE <iostream> <string> <vector> <bight/core.hpp>)
  endif()
  target_precompile_headers(${target} REUSE_FROM bight_quick_pch)
endfunction()
