bight_find_boost_library(json)
bight_need(Boost::json PACKAGE "libboost-json1.81-dev (libboost-json-dev where that is 1.81 or newer)" FOR "JSON bodies")

find_package(OpenSSL 3.0 QUIET)
bight_need(OpenSSL::Crypto PACKAGE libssl-dev FOR "signatures of tokens")
