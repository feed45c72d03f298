find_package(ZLIB QUIET)
bight_need(ZLIB::ZLIB PACKAGE zlib1g-dev FOR "gzip and deflate content coding")

find_package(ICU QUIET COMPONENTS uc)
bight_need(ICU::uc PACKAGE libicu-dev FOR "host names that are not ASCII")
