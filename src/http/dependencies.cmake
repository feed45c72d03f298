bight_find_boost_library(json)
bight_need(Boost::json PACKAGE "libboost-json1.81-dev (libboost-json-dev where that is 1.81 or newer)" FOR "JSON bodies")

find_package(ZLIB QUIET)
bight_need(ZLIB::ZLIB PACKAGE zlib1g-dev FOR "gzip and deflate content coding")

find_package(ICU QUIET COMPONENTS uc)
bight_need(ICU::uc PACKAGE libicu-dev FOR "host names that are not ASCII")
