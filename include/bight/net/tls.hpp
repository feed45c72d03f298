// TLS for clients and servers.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/net/stream.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::net {

/// The trust store and settings of TLS clients. Loading the system's certificates takes tens of milliseconds,
/// so share one context. Copies refer to the same context. Concurrency: can be used by several threads.
class tls_client_context {
 public:
  /// Verifies the certificate chain and the host name with the system's certificates; TLS 1.2 or newer.
  /// Created once per process.
  static tls_client_context system();
  /// Trusts the certificates in a PEM file instead. Errors: errc::tls_configuration, naming the file.
  static tls_client_context from_ca_file(const std::string& path);
  /// Does not verify: a man in the middle can read and change all data. For tests.
  static tls_client_context insecure();

  class impl;
  const impl& implementation() const noexcept { return *impl_; }

 private:
  explicit tls_client_context(std::shared_ptr<const impl> i) noexcept : impl_(std::move(i)) {}
  std::shared_ptr<const impl> impl_;
};

/// Performs a TLS handshake with `host` over `transport`. The host is verified (RFC 9525) and, if it is a
/// name, sent as SNI (RFC 6066 section 3). `protocols` are offered with ALPN, in order of preference.
/// Cancellation: closes the transport.
/// Errors: errc::certificate_invalid, errc::certificate_name, errc::tls_handshake, errc::invalid_host_name
/// (empty, or not a valid name for a certificate), and those of the transport; the text contains the host and
/// the reason.
[[nodiscard]] awaitable<stream> tls_connect(stream transport, std::string_view host,
                                            tls_client_context context,
                                            std::vector<std::string> protocols = {});

/// Options of a TLS server. Not an aggregate, so that it is safe in co_await expressions.
class tls_server_options {
 public:
  tls_server_options() {}
  tls_server_options(std::string certificate, std::string key)
      : certificate_file(std::move(certificate)), key_file(std::move(key)) {}

  /// PEM file with the server's certificate, followed by the intermediate certificates.
  std::string certificate_file;
  /// PEM file with the unencrypted private key.
  std::string key_file;
  /// Protocols to select from with ALPN, in order of preference. Clients that offer only other protocols are
  /// rejected (RFC 7301 section 3.2); clients that do not use ALPN are accepted. If empty, ALPN is ignored.
  std::vector<std::string> protocols;
};

/// The certificate and settings of a TLS server; TLS 1.2 or newer. Copies refer to the same context.
/// Concurrency: can be used by several threads.
///
///     net::tls_server_options options{"/etc/app/chain.pem", "/etc/app/key.pem"};
///     options.protocols = {"http/1.1"};
///     const net::tls_server_context context{options};
class tls_server_context {
 public:
  /// Loads the files. Errors: errc::tls_configuration; the text contains the file and the reason: it is
  /// missing, is not PEM, is encrypted, or the key does not match the certificate.
  explicit tls_server_context(const tls_server_options& options);

  class impl;
  const impl& implementation() const noexcept { return *impl_; }

 private:
  std::shared_ptr<const impl> impl_;
};

/// Performs a TLS handshake on an accepted connection. Since clients may be slow, await it in the task of the
/// connection, not in the accept loop, and with a timeout.
///
///     auto secure = co_await bight::wait_for(net::tls_accept(std::move(s), context), 10s);
///
/// Cancellation: closes the transport.
/// Errors: errc::tls_handshake, and those of the transport; the text contains the client and the reason, as
/// in "192.0.2.7:49152: the client speaks HTTP without TLS".
[[nodiscard]] awaitable<stream> tls_accept(stream transport, tls_server_context context);

}  // namespace bight::net
