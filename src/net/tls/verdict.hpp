// Why a certificate is refused, in words, and pins.
#pragma once
#include <openssl/x509.h>

#include <string>
#include <string_view>
#include <vector>

namespace bight::net::tls {

/// What is wrong with a server's certificate, given OpenSSL's verdict. `leaf` may be null.
std::string verdict_text(long verdict, X509* leaf, const std::string& host);
/// What is wrong with the certificate of a client, and whose it is.
std::string client_verdict_text(long verdict, X509* leaf);
/// The names and addresses that a certificate is for, in printable characters.
std::vector<std::string> names_of(X509* certificate);
/// "sha256//" and the base64 of the SHA-256 of the public key's SubjectPublicKeyInfo, as curl writes it.
std::string pin_of(X509* certificate);
/// Whether the text has the form of a pin.
bool is_pin(std::string_view text) noexcept;
/// RFC 2253.
std::string text_of(X509_NAME* name);

}  // namespace bight::net::tls
