bight_find_boost_library(json)
bight_need(Boost::json PACKAGE "libboost-json1.81-dev (libboost-json-dev where that is 1.81 or newer)" FOR "JSON lines")

find_package(re2 CONFIG QUIET)
bight_find_pkgconfig(re2::re2 re2)
bight_need(re2::re2 PACKAGE libre2-dev FOR "include and exclude patterns")
