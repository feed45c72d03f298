// connection_info: endpoints and TLS parameters of a stream.
#pragma once
#include <bight/net/address.hpp>
#include <optional>
#include <string>

namespace bight::net {

/// The certificate of a TLS peer.
class peer_certificate {
 public:
  peer_certificate() {}

  std::string subject;  ///< For example "CN=www.example.org,O=Example" (RFC 2253).
  std::string issuer;   ///< In the same form.
  std::string pem;
};

/// Information about a connection: see stream::connection.
class connection_info {
 public:
  connection_info() {}

  /// Whether the connection uses TLS.
  bool encrypted() const noexcept { return !tls_version.empty(); }

  endpoint local;
  endpoint remote;
  std::string protocol;     ///< The protocol negotiated with ALPN, such as "http/1.1"; empty if none.
  std::string tls_version;  ///< For example "TLSv1.3"; empty without TLS.
  std::string cipher;       ///< For example "TLS_AES_256_GCM_SHA384"; empty without TLS.
  /// The host name that the client sent in the TLS handshake (SNI), in lower case and without a trailing dot;
  /// empty if it sent none, or one that is not a host name. Like a Host field, it is the client's choice.
  std::string server_name;
  bool resumed = false;  ///< Whether an earlier TLS session was resumed.
  /// The certificate of the peer. Verified, unless verification is disabled in the context.
  std::optional<peer_certificate> certificate;
};

}  // namespace bight::net
