# bight_write_pkgconfig(<room> <file>): bight-<room>.pc, for builds without CMake.

# What pkg-config calls the packages that rooms depend on; those that it does not know are linked as they are.
set(bight_pkgconfig_names
  fmt::fmt=fmt OpenSSL::SSL=libssl OpenSSL::Crypto=libcrypto ZLIB::ZLIB=zlib ICU::uc=icu-uc
  brotli::decoder=libbrotlidec brotli::encoder=libbrotlienc zstd::zstd=libzstd psl::psl=libpsl liburing::liburing=liburing re2::re2=re2
  expat::expat=expat gumbo::gumbo=gumbo uchardet::uchardet=uchardet
  cmark-gfm::cmark-gfm=libcmark-gfm
  tomlplusplus::tomlplusplus=tomlplusplus spdlog::spdlog=spdlog
  GTest::gtest=gtest GTest::gmock=gmock)
set(bight_pkgconfig_flags Threads::Threads=-pthread Boost::headers= Boost::json=-lboost_json cmark-gfm::extensions=-lcmark-gfm-extensions CLI11::CLI11=)

function(bight_write_pkgconfig room file)
  get_property(depends GLOBAL PROPERTY bight_${room}_depends)
  get_property(libs GLOBAL PROPERTY bight_${room}_libs)
  set(rooms)
  foreach(needed IN LISTS depends)
    list(APPEND rooms "bight-${needed} = ${bight_VERSION}")
  endforeach()
  set(packages)
  set(flags)
  foreach(lib IN LISTS libs)
    set(entry ${bight_pkgconfig_names})
    list(FILTER entry INCLUDE REGEX "^${lib}=")
    set(flag ${bight_pkgconfig_flags})
    list(FILTER flag INCLUDE REGEX "^${lib}=")
    if(entry)
      string(REGEX REPLACE ".*=" "" name "${entry}")
      list(APPEND packages ${name})
    elseif(flag)
      string(REGEX REPLACE ".*=" "" name "${flag}")
      list(APPEND flags ${name})
    else()
      message(FATAL_ERROR "bight: cmake/bight_pkgconfig.cmake does not know what pkg-config calls ${lib}")
    endif()
  endforeach()

  # A static library needs what it is made of wherever it is linked; a shared one brings it.
  get_target_property(type bight_${room} TYPE)
  if(type STREQUAL "SHARED_LIBRARY")
    set(requires ${rooms})
    set(requires_private ${packages})
  else()
    set(requires ${rooms} ${packages})
    set(requires_private)
  endif()
  list(JOIN requires ", " requires)
  list(JOIN requires_private ", " requires_private)
  list(JOIN flags " " flags)

  # Boost has no pkg-config file: its folder is named where compilers do not look by themselves.
  set(boost)
  if(TARGET Boost::headers AND room STREQUAL "core")
    get_target_property(folders Boost::headers INTERFACE_INCLUDE_DIRECTORIES)
    foreach(folder IN LISTS folders)
      if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
        string(APPEND boost " -I${folder}")
      endif()
    endforeach()
  endif()

  cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
    BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig" OUTPUT_VARIABLE up)
  file(CONFIGURE OUTPUT "${file}" @ONLY CONTENT
"prefix=\${pcfiledir}/@up@
libdir=\${prefix}/@CMAKE_INSTALL_LIBDIR@
includedir=\${prefix}/@CMAKE_INSTALL_INCLUDEDIR@

Name: bight-@room@
Description: @bight_DESCRIPTION@ (@room@)
Version: @bight_VERSION@
Requires: @requires@
Requires.private: @requires_private@
Libs: -L\${libdir} -lbight_@room@ @flags@
Cflags: -I\${includedir}@boost@
")
endfunction()
