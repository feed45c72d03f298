# The installed package: find_package(bight 0.1 COMPONENTS <room>...) gives bight::<room>.

include(CMakePackageConfigHelpers)

set(bight_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/bight")
get_property(bight_rooms GLOBAL PROPERTY bight_rooms_built)

foreach(room IN LISTS bight_rooms)
  get_property(bight_room_depends GLOBAL PROPERTY bight_${room}_depends)
  set(bight_room ${room})
  install(TARGETS bight_${room} EXPORT bight-${room}
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(EXPORT bight-${room} NAMESPACE bight:: FILE bight-${room}-targets.cmake
    DESTINATION "${bight_package_dir}")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/bight-room-config.cmake.in"
    "${PROJECT_BINARY_DIR}/package/bight-${room}-config.cmake" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/package/bight-${room}-config.cmake"
    DESTINATION "${bight_package_dir}")
  if(EXISTS "${PROJECT_SOURCE_DIR}/src/${room}/dependencies.cmake")
    install(FILES "${PROJECT_SOURCE_DIR}/src/${room}/dependencies.cmake"
      DESTINATION "${bight_package_dir}" RENAME bight-${room}-dependencies.cmake)
  endif()
endforeach()

set(bight_lint_dir "${CMAKE_INSTALL_DATADIR}/bight/lint")
include(bight_pkgconfig)
foreach(room IN LISTS bight_rooms)
  bight_write_pkgconfig(${room} "${PROJECT_BINARY_DIR}/package/bight-${room}.pc")
  install(FILES "${PROJECT_BINARY_DIR}/package/bight-${room}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/bight-config.cmake.in"
  "${PROJECT_BINARY_DIR}/package/bight-config.cmake" INSTALL_DESTINATION "${bight_package_dir}"
  PATH_VARS bight_lint_dir)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/bight-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/package/bight-config.cmake"
  "${PROJECT_BINARY_DIR}/package/bight-config-version.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/bight_links.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/bight_lint.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/bight_packages.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/probe_gcc_coroutines.cmake"
  DESTINATION "${bight_package_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/cmake/coroutine_probe" DESTINATION "${bight_package_dir}")
install(FILES
  "${PROJECT_SOURCE_DIR}/cmake/coroutine_lint.py"
  "${PROJECT_SOURCE_DIR}/cmake/coroutine_lint_allow.txt"
  "${PROJECT_SOURCE_DIR}/cmake/cpp_source.py"
  "${PROJECT_SOURCE_DIR}/cmake/cpp_types.py"
  DESTINATION "${bight_lint_dir}")
install(FILES
  "${PROJECT_SOURCE_DIR}/LICENSE"
  "${PROJECT_SOURCE_DIR}/README.md"
  "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs" DESTINATION "${CMAKE_INSTALL_DOCDIR}" PATTERN "adr" EXCLUDE)

get_property(bight_apps GLOBAL PROPERTY bight_apps)
if(bight_apps)
  set_target_properties(${bight_apps} PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  install(TARGETS ${bight_apps} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
get_property(bight_man_pages GLOBAL PROPERTY bight_man_pages)
if(bight_man_pages)
  install(FILES ${bight_man_pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
endif()
