// What the contexts of clients and servers share.
#pragma once
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "net/tls/session.hpp"

namespace bight::net::tls {

/// TLS 1.2 or newer, no renegotiation, no compression. Throws errc::tls_configuration.
context_ptr new_context(const SSL_METHOD* method);
/// Throws errc::tls_configuration with `what` and the reason that OpenSSL has queued.
[[noreturn]] void throw_configuration(const std::string& what);
struct free_certificate {
  void operator()(X509* c) const noexcept { X509_free(c); }
};
using certificate_ptr = std::unique_ptr<X509, free_certificate>;

/// The certificates of a PEM text, at least one. Throws errc::tls_configuration, naming `option`.
std::vector<certificate_ptr> certificates_of_text(const std::string& pem, const std::string& option);
/// Those of a PEM file, likewise. Throws errc::tls_configuration, naming the file.
std::vector<certificate_ptr> certificates_of_file(const std::string& path);
/// Loads a chain and the private key that belongs to it. Throws errc::tls_configuration, naming the file.
void use_certificate(SSL_CTX* context, const std::string& certificate_file, const std::string& key_file);

/// The same from PEM texts; the errors name the options certificate_pem and key_pem.
void use_certificate_text(SSL_CTX* context, const std::string& certificate_pem, const std::string& key_pem);

}  // namespace bight::net::tls
