# Every room has a file that names its libraries; a program is built with nothing else.
set(ENV{PKG_CONFIG_PATH} "${WORK_DIR}/moved/${LIBDIR}/pkgconfig")
set(rooms ${ROOMS})
list(TRANSFORM rooms PREPEND "bight-")
must("${PKG_CONFIG}" --print-errors --exists ${rooms})
must("${PKG_CONFIG}" --modversion bight-core)
must("${PKG_CONFIG}" --cflags --libs ${rooms})
separate_arguments(flags UNIX_COMMAND "${output}")

file(MAKE_DIRECTORY "${build}")
must("${COMPILER}" -std=c++20 "${SOURCE_DIR}/test/install/consumer.cpp" -o "${build}/consumer" ${flags}
  "-Wl,-rpath,${WORK_DIR}/moved/${LIBDIR}")
must("${build}/consumer")
