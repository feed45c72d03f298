bight_find_boost_library(json)
bight_need(Boost::json PACKAGE "libboost-json1.81-dev (libboost-json-dev where that is 1.81 or newer)" FOR "values of type json")

find_package(OpenSSL 3.0 QUIET)
bight_need(OpenSSL::Crypto PACKAGE libssl-dev FOR "password authentication")

find_package(ICU QUIET COMPONENTS uc)
bight_need(ICU::uc PACKAGE libicu-dev FOR "passwords that are not ASCII")
