// TLS for clients: verified unless told otherwise.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/net/stream.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bight::net {

/// What a TLS client trusts, and how. Loading the system's certificates costs tens of milliseconds: make one
/// and share it. Copies share the same context; it may be used by several threads.
class tls_client_context {
 public:
  /// Verifies certificate chain and host name against the system's certificates; TLS 1.2 or newer. Made once
  /// per process.
  static tls_client_context system();
  /// Trusts the certificates of a PEM file instead. Throws errc::tls_configuration naming the file.
  static tls_client_context from_ca_file(const std::string& path);
  /// Verifies nothing: whoever sits on the line can read and change everything. For tests.
  static tls_client_context insecure();

  class impl;
  const impl& implementation() const noexcept { return *impl_; }

 private:
  explicit tls_client_context(std::shared_ptr<const impl> i) noexcept : impl_(std::move(i)) {}
  std::shared_ptr<const impl> impl_;
};

/// Makes `transport` a TLS connection to `host`, which is verified (RFC 9525) and, if it is a name, sent as
/// SNI (RFC 6066 section 3). `protocols`: what to offer by ALPN, best first.
/// Cancellation: the transport is closed.
/// Errors: errc::certificate_invalid, errc::certificate_name, errc::tls_handshake, errc::invalid_host_name
/// (empty, or nothing that a certificate could be for), and those of the transport; the text names the host
/// and says why.
[[nodiscard]] awaitable<stream> tls_connect(stream transport, std::string_view host,
                                            tls_client_context context,
                                            std::vector<std::string> protocols = {});

}  // namespace bight::net
