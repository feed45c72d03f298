must("${CMAKE_COMMAND}" -S "${SOURCE_DIR}/test/install/package" -B "${build}" ${common} ${from_package} "-DROOMS=${ROOMS}")
must("${CMAKE_COMMAND}" --build "${build}")
must("${build}/consumer")

# What is installed beside the libraries.
file(GLOB documents "${WORK_DIR}/moved/share/doc/bight/docs/from-asyncio.md")
if(NOT documents)
  message(FATAL_ERROR "the documents are not installed")
endif()
must("${PYTHON}" -B "${WORK_DIR}/moved/share/bight/lint/coroutine_lint.py" "${SOURCE_DIR}/test/install/package/..")
