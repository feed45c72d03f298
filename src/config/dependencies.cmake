find_package(tomlplusplus QUIET)
if(NOT TARGET tomlplusplus::tomlplusplus)
  bight_find_pkgconfig(tomlplusplus::tomlplusplus tomlplusplus)
endif()
bight_need(tomlplusplus::tomlplusplus PACKAGE libtomlplusplus-dev FOR "configuration files")

find_package(CLI11 QUIET)
bight_need(CLI11::CLI11 PACKAGE libcli11-dev FOR "command lines")
