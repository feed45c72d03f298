# How rooms find what they depend on. Used by the build and, installed, by the package config: there
# `bight_config_room` is set, and a missing package makes that component not found instead of stopping.

# bight_need(<target> PACKAGE <debian package> FOR <purpose>): <target> must exist by now.
macro(bight_need target)
  cmake_parse_arguments(bight_need "" "PACKAGE;FOR" "" ${ARGN})
  if(NOT TARGET ${target})
    set(bight_need_message
      "bight: ${target} was not found. It is needed for ${bight_need_FOR}. On Debian and Ubuntu: apt-get install ${bight_need_PACKAGE}")
    if(DEFINED bight_config_room)
      set(bight_${bight_config_room}_FOUND FALSE)
      set(bight_NOT_FOUND_MESSAGE "${bight_need_message}")
    else()
      message(FATAL_ERROR "${bight_need_message}\n(sh cmake/install_deps.sh build installs all of them)")
    endif()
  endif()
endmacro()

# bight_find_pkgconfig(<target> <module>): for libraries whose only description is a pkg-config file.
function(bight_find_pkgconfig target module)
  if(TARGET ${target})
    return()
  endif()
  find_package(PkgConfig QUIET)
  if(NOT PKG_CONFIG_FOUND)
    message(STATUS "bight: pkg-config was not found; ${module} is found with it (apt-get install pkg-config)")
    return()
  endif()
  string(MAKE_C_IDENTIFIER "BIGHT_${module}" prefix)
  pkg_check_modules(${prefix} QUIET IMPORTED_TARGET GLOBAL ${module})
  if(TARGET PkgConfig::${prefix})
    add_library(${target} INTERFACE IMPORTED GLOBAL)
    target_link_libraries(${target} INTERFACE PkgConfig::${prefix})
  endif()
endfunction()

# bight_find_library(<target> <header> <library>): a library that has neither a CMake nor a pkg-config file.
function(bight_find_library target header library)
  if(TARGET ${target})
    return()
  endif()
  string(MAKE_C_IDENTIFIER "BIGHT_${library}" prefix)
  find_path(${prefix}_INCLUDE_DIR NAMES ${header})
  find_library(${prefix}_LIBRARY NAMES ${library})
  mark_as_advanced(${prefix}_INCLUDE_DIR ${prefix}_LIBRARY)
  if(${prefix}_INCLUDE_DIR AND ${prefix}_LIBRARY)
    add_library(${target} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(${target} PROPERTIES
      IMPORTED_LOCATION "${${prefix}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${${prefix}_INCLUDE_DIR}")
  endif()
endfunction()

# bight_find_boost(<version>): Boost::headers of at least that version, from Boost's own CMake package or,
# where there is none, from the version number in the headers.
macro(bight_find_boost version)
  if(NOT TARGET Boost::headers)
    find_package(Boost ${version} CONFIG QUIET)
  endif()
  if(NOT TARGET Boost::headers)
    bight_find_boost_headers(${version})
  endif()
endmacro()

# bight_find_boost_library(<name>): Boost::<name>, a compiled library of the Boost that bight_find_boost found.
macro(bight_find_boost_library name)
  if(NOT TARGET Boost::${name})
    find_package(boost_${name} ${Boost_VERSION} CONFIG QUIET HINTS "${Boost_DIR}/..")
  endif()
endmacro()

function(bight_find_boost_headers version)
  find_path(BIGHT_BOOST_INCLUDE_DIR NAMES boost/version.hpp HINTS ${BOOST_ROOT} $ENV{BOOST_ROOT}
    PATH_SUFFIXES include)
  mark_as_advanced(BIGHT_BOOST_INCLUDE_DIR)
  if(NOT BIGHT_BOOST_INCLUDE_DIR)
    return()
  endif()
  file(STRINGS "${BIGHT_BOOST_INCLUDE_DIR}/boost/version.hpp" line REGEX "define BOOST_LIB_VERSION ")
  string(REGEX MATCH "[0-9]+_[0-9]+(_[0-9]+)?" found "${line}")
  string(REPLACE "_" "." found "${found}")
  if(found VERSION_LESS version)
    message(STATUS "bight: Boost ${found} in ${BIGHT_BOOST_INCLUDE_DIR} is too old; ${version} is needed")
    return()
  endif()
  add_library(Boost::headers INTERFACE IMPORTED GLOBAL)
  target_include_directories(Boost::headers INTERFACE "${BIGHT_BOOST_INCLUDE_DIR}")
endfunction()
