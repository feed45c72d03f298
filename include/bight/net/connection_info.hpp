// connection_info: who is at both ends of a stream, and what TLS agreed on.
#pragma once
#include <bight/net/address.hpp>
#include <optional>
#include <string>

namespace bight::net {

/// The certificate that a TLS peer has shown.
class peer_certificate {
 public:
  peer_certificate() {}

  std::string subject;  ///< As in "CN=www.example.org,O=Example" (RFC 2253).
  std::string issuer;   ///< Likewise.
  std::string pem;
};

/// What is known of a connection: see stream::connection.
class connection_info {
 public:
  connection_info() {}

  /// True if it is TLS.
  bool encrypted() const noexcept { return !tls_version.empty(); }

  endpoint local;
  endpoint remote;
  std::string protocol;     ///< The protocol that TLS agreed on (ALPN), as in "http/1.1"; empty if none.
  std::string tls_version;  ///< As in "TLSv1.3"; empty without TLS.
  std::string cipher;       ///< As in "TLS_AES_256_GCM_SHA384"; empty without TLS.
  /// Of the peer: a client sees the server's. Verified, unless the context does not verify.
  std::optional<peer_certificate> certificate;
};

}  // namespace bight::net
