set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads QUIET)
bight_need(Threads::Threads PACKAGE libc6-dev FOR "threads")

bight_find_boost(1.81)
bight_need(Boost::headers PACKAGE "libboost1.81-dev (libboost-dev where that is 1.81 or newer)"
  FOR "Asio and Boost.System, at least 1.81")

find_package(fmt 9 CONFIG QUIET)
if(NOT TARGET fmt::fmt)
  find_package(fmt 10...<12 CONFIG QUIET)
endif()
bight_need(fmt::fmt PACKAGE libfmt-dev FOR "formatting, at least version 9")
