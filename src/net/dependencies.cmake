find_package(OpenSSL 3.0 QUIET)
bight_need(OpenSSL::SSL PACKAGE libssl-dev FOR "TLS")
bight_need(OpenSSL::Crypto PACKAGE libssl-dev FOR "TLS")
