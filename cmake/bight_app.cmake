# bight_app_common(): apps/*.cpp become a library for the programs.
function(bight_app_common)
  if(TARGET bight_app_common)
    return()
  endif()
  find_package(CLI11 CONFIG QUIET)
  bight_need(CLI11::CLI11 PACKAGE libcli11-dev FOR "the programs' arguments")
  find_package(spdlog CONFIG QUIET)
  bight_need(spdlog::spdlog PACKAGE libspdlog-dev FOR "the programs' logs")
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/apps/*.cpp")
  add_library(bight_app_common STATIC ${sources})
  bight_own_flags(bight_app_common)
  # What has to be fast is in the libraries; -O2 of CLI11 takes the compiler half a minute.
  target_compile_options(bight_app_common PRIVATE $<$<CONFIG:Release>:-O1>)
  target_link_libraries(bight_app_common PRIVATE bight::http fmt::fmt spdlog::spdlog PUBLIC CLI11::CLI11)
endfunction()

# bight_add_app(<program> <folder> ROOM <room>): apps/<folder>/**/*.cpp become <program>, if the folder and
# the room are there.
function(bight_add_app program folder)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "ROOM" "")
  set(dir "${PROJECT_SOURCE_DIR}/apps/${folder}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${dir}/*.cpp")
  if(NOT sources)
    message(STATUS "bight: ${program} has no sources yet, skipped")
    return()
  endif()
  if(NOT TARGET bight::${arg_ROOM})
    message(STATUS "bight: ${program} needs the room ${arg_ROOM}, skipped")
    return()
  endif()
  bight_app_common()

  add_executable(${program} ${sources})
  bight_own_flags(${program})
  target_compile_options(${program} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_include_directories(${program} PRIVATE "${dir}")
  target_link_libraries(${program} PRIVATE bight_app_common bight::${arg_ROOM} fmt::fmt)
  set_property(GLOBAL APPEND PROPERTY bight_apps ${program})
  bight_add_man_page(${program})
endfunction()

# bight_add_man_page(<program>): its manual page, made of what `<program> --help` says.
function(bight_add_man_page program)
  find_program(BIGHT_PYTHON NAMES python3)
  if(NOT BIGHT_PYTHON OR CMAKE_CROSSCOMPILING)
    message(STATUS "bight: the manual pages need python3 and a program that can be run here, skipped")
    return()
  endif()
  set(page "${PROJECT_BINARY_DIR}/man/${program}.1")
  set(script "${PROJECT_SOURCE_DIR}/cmake/man_page.py")
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/man")
  add_custom_command(OUTPUT "${page}"
    COMMAND "${BIGHT_PYTHON}" -B "${script}" $<TARGET_FILE:${program}> ${PROJECT_VERSION} "${page}"
    DEPENDS ${program} "${script}"
    VERBATIM)
  add_custom_target(${program}-man ALL DEPENDS "${page}")
  set_property(GLOBAL APPEND PROPERTY bight_man_pages "${page}")
endfunction()
