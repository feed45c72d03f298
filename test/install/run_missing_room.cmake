set(project "${SOURCE_DIR}/test/install/missing_room")
must_fail("${CMAKE_COMMAND}" -S "${project}" -B "${build}" ${common} ${from_source})
must_say("bight: program links bight::http, which is missing")
must_say("set(BIGHT_ROOMS core http)")

must_fail("${CMAKE_COMMAND}" -S "${project}" -B "${build}_of_package" ${common} ${from_package})
must_say("bight: program links bight::http, which is missing")
must_say("find_package(bight COMPONENTS core http)")

must_fail("${CMAKE_COMMAND}" -S "${project}" -B "${build}_of_typo" ${common} ${from_source} -DBIGHT_ROOMS=htp)
must_say("bight: there is no room named 'htp'; BIGHT_ROOMS may name: core")
