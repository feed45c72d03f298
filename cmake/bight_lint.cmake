# bight_lint(<target>...): GCC before 13 miscompiles some shapes of coroutines silently (README, "Compilers"). With such
# a compiler this checks the sources of the target, and the headers of the project that they include, before the target
# is built, and again when one of them changes; a finding fails the build. With others it does nothing.
# Types that the lint does not know and that may be braced beside co_await: set BIGHT_LINT_ALLOW to a list of them.
# Installed with the package, and there in subprojects.

function(bight_lint)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR NOT CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    return()
  endif()
  find_program(BIGHT_PYTHON NAMES python3 DOC "python3, for bight's lints")
  if(NOT BIGHT_PYTHON)
    message(STATUS "bight: ${ARGN} will not be checked for coroutines that this compiler miscompiles: python3 was not found")
    return()
  endif()
  foreach(target IN LISTS ARGN)
    if(NOT TARGET ${target})
      message(FATAL_ERROR "bight_lint: there is no target named '${target}'")
    endif()
    # Later, so that sources and libraries may be added after the call.
    cmake_language(EVAL CODE "cmake_language(DEFER CALL bight_lint_now [[${target}]])")
  endforeach()
endfunction()

function(bight_lint_now target)
  if(TARGET ${target}_bight_lint)
    return()
  endif()
  get_property(script GLOBAL PROPERTY bight_lint_script)
  get_target_property(folder ${target} SOURCE_DIR)
  get_target_property(sources ${target} SOURCES)
  get_target_property(header_sets ${target} HEADER_SETS)
  if(header_sets)
    foreach(set IN LISTS header_sets)
      get_target_property(headers ${target} HEADER_SET_${set})
      list(APPEND sources ${headers})
    endforeach()
  endif()

  set(files)
  foreach(source IN LISTS sources)
    if(source MATCHES "\\.([hc]pp|[hc]xx|hh|cc|h|ipp|tpp|inl|cppm|ixx)$" AND NOT source MATCHES "\\$<")
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${folder}" NORMALIZE)
      list(APPEND files "${source}")
    endif()
  endforeach()
  if(NOT files)
    message(FATAL_ERROR "bight_lint: the target '${target}' has no C++ sources")
  endif()
  list(REMOVE_DUPLICATES files)
  list(TRANSFORM BIGHT_LINT_ALLOW PREPEND "--allow=" OUTPUT_VARIABLE allowed)

  set(stamp "${CMAKE_CURRENT_BINARY_DIR}/${target}_bight_lint.stamp")
  set(includes "$<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>")
  cmake_path(GET script PARENT_PATH script_folder)
  add_custom_command(OUTPUT "${stamp}"
    COMMAND "${BIGHT_PYTHON}" -B "${script}" --quiet
      "$<$<BOOL:${includes}>:-I$<JOIN:${includes},;-I>>" --project "${PROJECT_SOURCE_DIR}" ${allowed}
      --stamp "${stamp}" --depfile "${stamp}.d" ${files}
    DEPENDS ${files} "${script}" "${script_folder}/cpp_source.py" "${script_folder}/cpp_types.py"
      "${script_folder}/coroutine_lint_allow.txt"
    DEPFILE "${stamp}.d"
    COMMENT "Checking the coroutines of ${target}"
    COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(${target}_bight_lint DEPENDS "${stamp}")
  add_dependencies(${target} ${target}_bight_lint)
endfunction()

# In the source folder the script is beside this file; the installed package says where it is.
if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/coroutine_lint.py")
  set_property(GLOBAL PROPERTY bight_lint_script "${CMAKE_CURRENT_LIST_DIR}/coroutine_lint.py")
endif()
