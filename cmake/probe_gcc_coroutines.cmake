# Runs two small programs that GCC before 13 miscompiles, once per build folder, and warns when the
# compiler is affected. Installed with the package: what uses bight is written with coroutines too.
# Set BIGHT_NO_COMPILER_PROBE to silence it.

set(bight_probe_dir "${CMAKE_CURRENT_LIST_DIR}/coroutine_probe")

function(bight_probe_coroutines)
  if(BIGHT_NO_COMPILER_PROBE OR CMAKE_CROSSCOMPILING OR DEFINED CACHE{BIGHT_COROUTINE_PROBE_DONE}
     OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  set(BIGHT_COROUTINE_PROBE_DONE ON CACHE INTERNAL "bight has tested this compiler's coroutines")

  set(failed)
  set(CMAKE_TRY_COMPILE_CONFIGURATION Debug)
  foreach(probe IN ITEMS await_in_condition aggregate_temporary)
    try_run(ran compiled SOURCES "${bight_probe_dir}/${probe}.cpp"
      NO_CACHE
      COMPILE_OUTPUT_VARIABLE ignored_compile_output
      RUN_OUTPUT_VARIABLE ignored_run_output
      CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON)
    if(compiled AND NOT "${ran}" STREQUAL "0")
      list(APPEND failed ${probe})
    endif()
  endforeach()
  if(failed)
    list(JOIN failed ", " failed)
    message(WARNING
      "bight: ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} miscompiles some coroutines (${failed}). "
      "In your coroutines give the awaited value a name before you test it (`auto x = co_await f(); if (x)`, "
      "never `if (co_await f())`), and keep lambdas with by-value captures and braces out of expressions "
      "with co_await: name them first, or capture by reference. Clang has no such limits; "
      "BIGHT_NO_COMPILER_PROBE silences this.")
  endif()
endfunction()
