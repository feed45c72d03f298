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
      "bight: ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} miscompiles some coroutines (${failed}), those of "
      "other libraries, too, and says nothing.\n"
      "These crash, in a coroutine without local variables:\n"
      "  if (co_await f()) ...      and while, do, for, switch; and macros that make one: CHECK(co_await f())\n"
      "These destroy something twice, where one statement has both it and a co_await:\n"
      "  co_await f([key] { ... })              a closure with a capture by value that has a destructor\n"
      "  co_await f(options{1, name})           an aggregate that has something to destroy, with or without its\n"
      "  co_await f({.name = name})             name, as a value or by reference, also std::array,\n"
      "  co_await f(options(1, name))           in parentheses,\n"
      "  co_await options{1, name}.run()        with a member called on it,\n"
      "  co_await f(new options{1, name})       made by new,\n"
      "  co_return reply{co_await line()}       and made of what is awaited: reply r{co_await line()}, too\n"
      "  awaitable<> f(options o = {})          as a default argument, at each call that is awaited\n"
      "  auto t = found ? a : co_await load()   temporaries in a conditional: co_await f(c ? text() : other), too\n"
      "And `co_await f({1, 2, 3})` with an initializer_list is \"array used as initializer\".\n"
      "Give the value a name first (`auto x = co_await f(); if (x)`, `auto job = [key] { ... }; co_await f(std::move(job))`), "
      "or capture by reference. `bight_lint(<target>)` finds these shapes at build time. GCC 13 and clang have no such "
      "faults: on Debian 12, apt-get install clang-16 and -DCMAKE_CXX_COMPILER=clang++-16. "
      "BIGHT_NO_COMPILER_PROBE silences this.")
  endif()
endfunction()
