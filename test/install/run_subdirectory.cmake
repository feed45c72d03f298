must("${CMAKE_COMMAND}" -S "${SOURCE_DIR}/test/install/subdirectory" -B "${build}" ${common} ${from_source})
must("${CMAKE_COMMAND}" --build "${build}" --target consumer)
must("${build}/consumer")
