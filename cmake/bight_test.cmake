# Tests: one program per room, lints, examples, fuzz targets. Only the top-level build includes this file.

include(GoogleTest)

# What every test program links and how it is compiled. The precompiled header is built once.
function(bight_test_setup)
  add_custom_target(bight_unit_tests)
  find_package(GTest QUIET)
  bight_need(GTest::gtest PACKAGE libgtest-dev FOR "the tests")
  bight_need(GTest::gmock PACKAGE libgmock-dev FOR "the tests")

  set(pch_source "${PROJECT_BINARY_DIR}/test/pch.cpp")
  file(CONFIGURE OUTPUT "${pch_source}" CONTENT "// Carries the precompiled header of the tests.\n")
  add_library(bight_test_pch STATIC "${pch_source}")
  bight_test_flags(bight_test_pch)
  set(headers <gtest/gtest.h> <gmock/gmock.h> <algorithm> <array> <chrono> <cstdint> <functional> <map>
    <memory> <optional> <span> <string> <string_view> <thread> <tuple> <utility> <variant> <vector>)
  if(TARGET bight::core AND EXISTS "${PROJECT_SOURCE_DIR}/include/bight/core.hpp")
    list(APPEND headers <bight/core.hpp>)
  endif()
  target_precompile_headers(bight_test_pch PRIVATE ${headers})

  file(GLOB_RECURSE support CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/test/support/*.cpp")
  list(FILTER support EXCLUDE REGEX "/main\\.cpp$")
  if(support)
    add_library(bight_test_support STATIC ${support})
    bight_test_flags(bight_test_support)
    get_property(rooms GLOBAL PROPERTY bight_rooms_built)
    bight_link_rooms(bight_test_support ${rooms})
  endif()
endfunction()

function(bight_test_flags target)
  bight_own_flags(${target})
  target_compile_options(${target} PRIVATE ${bight_pch_cache_flags})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/test")
  target_compile_definitions(${target} PRIVATE BIGHT_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE GTest::gtest GTest::gmock)
  bight_link_rooms(${target} core)
endfunction()

# bight_add_test(NAME <room>): test/<room>/**/*_test.cpp become bight_<room>_test. It runs in the source folder.
function(bight_add_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "")
  set(room ${arg_NAME})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/test/${room}/*_test.cpp")
  if(NOT sources)
    return()
  endif()
  set(target bight_${room}_test)
  set(main "${PROJECT_SOURCE_DIR}/test/support/main.cpp")
  add_executable(${target} ${sources})
  bight_test_flags(${target})
  target_precompile_headers(${target} REUSE_FROM bight_test_pch)
  if(EXISTS "${main}")
    target_sources(${target} PRIVATE "${main}")
  else()
    target_link_libraries(${target} PRIVATE GTest::gtest_main)
  endif()
  if(TARGET bight_test_support)
    target_link_libraries(${target} PRIVATE bight_test_support)
  endif()
  bight_link_rooms(${target} ${room} testing)
  bight_add_test_programs(${target} ${room})
  add_dependencies(bight_unit_tests ${target})
  gtest_discover_tests(${target}
    TEST_PREFIX "${room}/"
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 60 LABELS "unit")
endfunction()

# bight_add_test_programs(<target> <room>): test/<room>/programs/<name>.cpp become programs that the tests start;
# these know them as BIGHT_PROGRAM_<NAME>.
function(bight_add_test_programs target room)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/test/${room}/programs/*.cpp")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    string(TOUPPER "BIGHT_PROGRAM_${name}" macro)
    set(program bight_${room}_${name})
    add_executable(${program} "${source}")
    bight_own_flags(${program})
    bight_link_rooms(${program} ${room})
    add_dependencies(${target} ${program})
    target_compile_definitions(${target} PRIVATE "${macro}=\"$<TARGET_FILE:${program}>\"")
  endforeach()
endfunction()

# bight_add_apps_test(): test/apps/*.cpp become bight_apps_test, which runs bight-serve and bight-crawl as a user does.
function(bight_add_apps_test)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/test/apps/*.cpp")
  if(NOT sources OR NOT TARGET bight-serve OR NOT TARGET bight-crawl OR NOT TARGET bight_test_support)
    return()
  endif()
  add_executable(bight_apps_test ${sources})
  bight_test_flags(bight_apps_test)
  target_precompile_headers(bight_apps_test REUSE_FROM bight_test_pch)
  target_compile_definitions(bight_apps_test PRIVATE
    BIGHT_SERVE_PROGRAM="$<TARGET_FILE:bight-serve>"
    BIGHT_CRAWL_PROGRAM="$<TARGET_FILE:bight-crawl>"
    BIGHT_TEST_DOWNLOADS="${PROJECT_BINARY_DIR}/test/downloads")
  target_link_libraries(bight_apps_test PRIVATE GTest::gtest_main bight_test_support)
  bight_link_rooms(bight_apps_test crawl)
  add_dependencies(bight_apps_test bight-serve bight-crawl)
  gtest_discover_tests(bight_apps_test
    TEST_PREFIX "app/"
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 60 LABELS "app")
endfunction()

# bight_add_header_check(<room>): every public header that no source file of the room includes first
# is compiled on its own.
function(bight_add_header_check room)
  get_property(headers GLOBAL PROPERTY bight_${room}_headers)
  set(units)
  foreach(header IN LISTS headers)
    cmake_path(RELATIVE_PATH header BASE_DIRECTORY "${PROJECT_SOURCE_DIR}/include/bight" OUTPUT_VARIABLE name)
    string(REGEX REPLACE "\\.hpp$" ".cpp" source "${PROJECT_SOURCE_DIR}/src/${name}")
    if(NOT EXISTS "${source}")
      string(REGEX REPLACE "\\.hpp$" ".cpp" unit "${PROJECT_BINARY_DIR}/test/headers/${name}")
      file(CONFIGURE OUTPUT "${unit}" CONTENT "#include <bight/@name@>\n#include <bight/@name@>\n" @ONLY)
      list(APPEND units "${unit}")
    endif()
  endforeach()
  if(units)
    add_library(bight_${room}_headers OBJECT ${units})
    bight_own_flags(bight_${room}_headers)
    bight_link_rooms(bight_${room}_headers ${room})
  endif()
endfunction()

# bight_add_lint(<name> <script> [<argument>...]): a Python script that prints "file:line: message".
function(bight_add_lint name script)
  find_program(BIGHT_PYTHON NAMES python3)
  if(NOT BIGHT_PYTHON)
    message(FATAL_ERROR "bight: the lints need python3 (apt-get install python3)")
  endif()
  add_test(NAME lint/${name}
    COMMAND "${BIGHT_PYTHON}" -B "${PROJECT_SOURCE_DIR}/cmake/${script}" ${ARGN}
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(lint/${name} PROPERTIES TIMEOUT 60 SKIP_RETURN_CODE 77 LABELS "lint")
endfunction()

# bight_rooms_of(<source> <rooms> <missing>): the rooms whose headers the file includes, and those of them
# that this build does not have.
function(bight_rooms_of source rooms missing)
  set(found)
  set(absent)
  foreach(room IN LISTS bight_all_rooms)
    file(STRINGS "${source}" lines REGEX "^#include (<bight/${room}[./]|\"${room}/)")
    if(lines AND TARGET bight::${room})
      list(APPEND found ${room})
    elseif(lines)
      list(APPEND absent ${room})
    endif()
  endforeach()
  if(absent)
    message(STATUS "bight: ${source} needs ${absent}, skipped")
  endif()
  set(${rooms} core ${found} PARENT_SCOPE)
  set(${missing} "${absent}" PARENT_SCOPE)
endfunction()

# bight_add_example(<source>): builds the program and runs it; NN_name.expected is its exact output.
function(bight_add_example source)
  bight_rooms_of("${source}" rooms missing)
  if(missing)
    return()
  endif()
  cmake_path(GET source STEM name)
  cmake_path(REPLACE_EXTENSION source LAST_ONLY expected OUTPUT_VARIABLE expected)
  set(target example_${name})
  add_executable(${target} "${source}")
  bight_own_flags(${target})
  bight_link_rooms(${target} ${rooms})
  if(EXISTS "${expected}")
    add_test(NAME example/${name}
      COMMAND "${CMAKE_COMMAND}" -DPROGRAM=$<TARGET_FILE:${target}> "-DEXPECTED=${expected}"
        -P "${PROJECT_SOURCE_DIR}/cmake/expect_output.cmake")
  else()
    add_test(NAME example/${name} COMMAND ${target})
  endif()
  set_tests_properties(example/${name} PROPERTIES TIMEOUT 30 LABELS "example")
endfunction()

# bight_add_fuzz(<source>): a regression test that replays the corpus and mutations of it; with BIGHT_FUZZ
# and clang also a libFuzzer program.
function(bight_add_fuzz source)
  bight_rooms_of("${source}" rooms missing)
  if(missing)
    return()
  endif()
  cmake_path(GET source STEM name)
  string(REGEX REPLACE "_fuzz$" "" short "${name}")
  set(fuzz_dir "${PROJECT_SOURCE_DIR}/test/fuzz")

  add_executable(${name}_replay "${source}" "${fuzz_dir}/replay_main.cpp")
  add_test(NAME fuzz/${short} COMMAND ${name}_replay "${fuzz_dir}/corpus/${short}")
  set_tests_properties(fuzz/${short} PROPERTIES TIMEOUT 60 LABELS "fuzz")
  set(targets ${name}_replay)

  if(BIGHT_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      message(FATAL_ERROR "bight: BIGHT_FUZZ needs clang, for libFuzzer")
    endif()
    add_executable(${name} "${source}")
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer,address)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer,address)
    list(APPEND targets ${name})
  endif()
  foreach(target IN LISTS targets)
    bight_own_flags(${target})
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/test")
    bight_link_rooms(${target} ${rooms})
  endforeach()
endfunction()

# bight_add_benchmark(<source>): one program per bench_*.cpp; Google Benchmark only where it is included.
function(bight_add_benchmark source)
  bight_rooms_of("${source}" rooms missing)
  if(missing)
    return()
  endif()
  cmake_path(GET source STEM name)
  add_executable(${name} "${source}")
  bight_own_flags(${name})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/test")
  bight_link_rooms(${name} ${rooms})
  file(STRINGS "${source}" uses_benchmark REGEX "#include <benchmark/")
  if(uses_benchmark)
    find_package(benchmark CONFIG QUIET)
    bight_need(benchmark::benchmark PACKAGE libbenchmark-dev FOR "the benchmarks")
    target_link_libraries(${name} PRIVATE benchmark::benchmark)
  endif()
endfunction()
