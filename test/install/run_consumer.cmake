# cmake -DKIND=package|subdirectory|pkgconfig|coroutine_faults|missing_room ... -P run_consumer.cmake: configures, builds
# and runs consumers as users do.

# must(<command>...): the command must succeed; its output is in `output`.
macro(must)
  try(${ARGN})
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${command}\nended with ${result}\n${output}")
  endif()
endmacro()

# must_fail(<command>...): the command must fail.
macro(must_fail)
  try(${ARGN})
  if(result EQUAL 0)
    message(FATAL_ERROR "${command}\nsucceeded\n${output}")
  endif()
endmacro()

macro(try)
  list(JOIN ARGV " " command)
  string(REGEX REPLACE "^(ARGN|ARGV)$" "" command "${command}")
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
endmacro()

# must_say(<text>): the output of the last command has the text, line breaks and indentation apart.
function(must_say text)
  string(REGEX REPLACE "[ \n]+" " " flat "${output}")
  string(FIND "${flat}" "${text}" at)
  if(at LESS 0)
    message(FATAL_ERROR "${command}\ndoes not say: ${text}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")
set(build "${WORK_DIR}/build")

set(common -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0
  -DBIGHT_NO_COMPILER_PROBE=ON)
if(CCACHE)
  list(APPEND common "-DCMAKE_CXX_COMPILER_LAUNCHER=${CCACHE}")
endif()
set(from_source "-DBIGHT_SOURCE_DIR=${SOURCE_DIR}")
set(from_package "-DCMAKE_PREFIX_PATH=${WORK_DIR}/moved")
if(NOT KIND STREQUAL "subdirectory")
  must("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${WORK_DIR}/prefix")
  # The package must work where it is not installed in the place it was configured for.
  file(RENAME "${WORK_DIR}/prefix" "${WORK_DIR}/moved")
endif()

include("${CMAKE_CURRENT_LIST_DIR}/run_${KIND}.cmake")
