# Rooms: one library target per room, `bight_<room>`, used as `bight::<room>`.

# bight_require_room(<room>): adds the room (and, through its DEPENDS, what it needs) once.
function(bight_require_room room)
  get_property(seen GLOBAL PROPERTY bight_rooms_seen)
  if(room IN_LIST seen)
    return()
  endif()
  if(NOT EXISTS "${bight_SOURCE_DIR}/src/${room}/CMakeLists.txt")
    message(FATAL_ERROR "bight: there is no room named '${room}'; BIGHT_ROOMS may name: ${bight_all_rooms}")
  endif()
  set_property(GLOBAL APPEND PROPERTY bight_rooms_seen ${room})
  add_subdirectory("${bight_SOURCE_DIR}/src/${room}" "${bight_BINARY_DIR}/src/${room}")
endfunction()

# bight_add_module(NAME <room> [DEPENDS <room>...] [PUBLIC_LIBS <target>...] [PRIVATE_LIBS <target>...])
#
# Sources are src/<room>/**/*.cpp, public headers include/bight/<room>.hpp and include/bight/<room>/**;
# headers directly under include/bight that name no room belong to core. Third-party packages are looked
# for in src/<room>/dependencies.cmake, which the installed package reads too.
function(bight_add_module)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "DEPENDS;PUBLIC_LIBS;PRIVATE_LIBS")
  set(room ${arg_NAME})
  set(source_dir "${bight_SOURCE_DIR}/src/${room}")
  set(include_dir "${bight_SOURCE_DIR}/include")

  foreach(needed IN LISTS arg_DEPENDS)
    bight_require_room(${needed})
  endforeach()

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${source_dir}/*.cpp")
  if(NOT sources)
    message(STATUS "bight: room ${room} has no sources yet, skipped")
    return()
  endif()
  if(EXISTS "${source_dir}/dependencies.cmake")
    include("${source_dir}/dependencies.cmake")
  endif()

  file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${include_dir}/bight/${room}/*.hpp")
  if(EXISTS "${include_dir}/bight/${room}.hpp")
    list(APPEND headers "${include_dir}/bight/${room}.hpp")
  endif()
  if(room STREQUAL "core")
    file(GLOB loose CONFIGURE_DEPENDS "${include_dir}/bight/*.hpp")
    foreach(header IN LISTS loose)
      cmake_path(GET header STEM stem)
      if(NOT stem IN_LIST bight_all_rooms)
        list(APPEND headers "${header}")
      endif()
    endforeach()
  endif()

  add_library(bight_${room} ${sources})
  add_library(bight::${room} ALIAS bight_${room})
  target_sources(bight_${room} PUBLIC FILE_SET HEADERS BASE_DIRS "${include_dir}" FILES ${headers})
  target_include_directories(bight_${room} PRIVATE "${bight_SOURCE_DIR}/src")
  target_compile_features(bight_${room} PUBLIC cxx_std_20)
  bight_own_flags(bight_${room})
  set_target_properties(bight_${room} PROPERTIES
    EXPORT_NAME ${room}
    OUTPUT_NAME bight_${room}
    VERSION ${bight_VERSION}
    SOVERSION ${bight_VERSION_MAJOR}.${bight_VERSION_MINOR})

  foreach(needed IN LISTS arg_DEPENDS)
    if(TARGET bight_${needed})
      target_link_libraries(bight_${room} PUBLIC bight_${needed})
    endif()
  endforeach()
  target_link_libraries(bight_${room} PUBLIC ${arg_PUBLIC_LIBS} PRIVATE ${arg_PRIVATE_LIBS})

  set_property(GLOBAL APPEND PROPERTY bight_rooms_built ${room})
  set_property(GLOBAL PROPERTY bight_${room}_depends ${arg_DEPENDS})
  set_property(GLOBAL PROPERTY bight_${room}_headers ${headers})
  set_property(GLOBAL PROPERTY bight_${room}_libs ${arg_PUBLIC_LIBS} ${arg_PRIVATE_LIBS})
endfunction()

# bight_link_rooms(<target> <room>...): links those of the rooms that this build has.
function(bight_link_rooms target)
  foreach(room IN LISTS ARGN)
    if(TARGET bight::${room})
      target_link_libraries(${target} PRIVATE bight::${room})
    endif()
  endforeach()
endfunction()
