# cmake -DKIND=package|subdirectory ... -P run_consumer.cmake: configures, builds and runs one consumer.

function(must)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${result}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")
set(arguments)
if(KIND STREQUAL "package")
  must("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${WORK_DIR}/prefix")
  # The package must work where it is not installed in the place it was configured for.
  file(RENAME "${WORK_DIR}/prefix" "${WORK_DIR}/moved")
  list(APPEND arguments "-DCMAKE_PREFIX_PATH=${WORK_DIR}/moved" "-DROOMS=${ROOMS}")
else()
  list(APPEND arguments "-DBIGHT_SOURCE_DIR=${SOURCE_DIR}")
endif()

if(CCACHE)
  list(APPEND arguments "-DCMAKE_CXX_COMPILER_LAUNCHER=${CCACHE}")
endif()
must("${CMAKE_COMMAND}" -S "${SOURCE_DIR}/test/install/${KIND}" -B "${WORK_DIR}/build" -G "${GENERATOR}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}" -DCMAKE_BUILD_TYPE=Debug ${arguments})
must("${CMAKE_COMMAND}" --build "${WORK_DIR}/build")
must("${WORK_DIR}/build/consumer")
