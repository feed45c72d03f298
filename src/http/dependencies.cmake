bight_find_boost_library(json)
bight_need(Boost::json PACKAGE "libboost-json1.81-dev (libboost-json-dev where that is 1.81 or newer)" FOR "JSON bodies")

find_package(ZLIB QUIET)
bight_need(ZLIB::ZLIB PACKAGE zlib1g-dev FOR "gzip and deflate content coding")

bight_find_pkgconfig(brotli::decoder libbrotlidec)
bight_need(brotli::decoder PACKAGE libbrotli-dev FOR "brotli content coding")
bight_find_pkgconfig(brotli::encoder libbrotlienc)
bight_need(brotli::encoder PACKAGE libbrotli-dev FOR "brotli content coding")

bight_find_pkgconfig(zstd::zstd libzstd)
bight_need(zstd::zstd PACKAGE libzstd-dev FOR "zstd content coding")

bight_find_pkgconfig(psl::psl libpsl)
bight_need(psl::psl PACKAGE libpsl-dev FOR "the public suffixes that cookies may not be set for")

find_package(OpenSSL 3.0 QUIET)
bight_need(OpenSSL::Crypto PACKAGE libssl-dev FOR "digest authentication")

find_package(ICU QUIET COMPONENTS uc)
bight_need(ICU::uc PACKAGE libicu-dev FOR "host names and texts that are not ASCII")
