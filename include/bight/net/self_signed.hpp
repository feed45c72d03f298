// make_self_signed: a certificate without an authority, for development.
#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace bight::net {

/// A certificate and its private key, as PEM texts.
struct tls_key_pair {
  std::string certificate_pem;
  std::string key_pem;
};

/// Makes a certificate for these host names and IP addresses, with a new ECDSA key (P-256). It is signed by
/// itself: clients reject it unless they are given it as an authority (tls_client_options::ca_pem,
/// `curl --cacert`) or do not verify.
///
///     const auto own = net::make_self_signed({"localhost", "127.0.0.1"});
///     net::tls_server_options options;
///     options.certificate_pem = own.certificate_pem;
///     options.key_pem = own.key_pem;
///
/// `lifetime` counts from now; the certificate is also valid an hour before, for clocks that are slow.
/// Errors: errc::tls_configuration, naming it, for an empty list and for a name that is neither a host name
/// nor an IP address; the text contains the reason of OpenSSL if that fails.
tls_key_pair make_self_signed(const std::vector<std::string>& names,
                              std::chrono::seconds lifetime = std::chrono::hours{24 * 30});

}  // namespace bight::net
