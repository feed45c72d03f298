find_package(re2 CONFIG QUIET)
bight_find_pkgconfig(re2::re2 re2)
bight_need(re2::re2 PACKAGE libre2-dev FOR "include and exclude patterns")
