// What the contexts of clients and servers share.
#pragma once
#include <openssl/ssl.h>

#include <string>

#include "net/tls/session.hpp"

namespace bight::net::tls {

/// TLS 1.2 or newer, no renegotiation, no compression. Throws errc::tls_configuration.
context_ptr new_context(const SSL_METHOD* method);
/// Throws errc::tls_configuration with `what` and the reason that OpenSSL has queued.
[[noreturn]] void throw_configuration(const std::string& what);
/// Loads a chain and the private key that belongs to it. Throws errc::tls_configuration, naming the file.
void use_certificate(SSL_CTX* context, const std::string& certificate_file, const std::string& key_file);

}  // namespace bight::net::tls
