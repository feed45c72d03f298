// TLS: clients, which verify unless told otherwise, and servers.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/net/stream.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
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

/// What a TLS server shows. A class and not an aggregate, so that it is safe inside co_await expressions.
class tls_server_options {
 public:
  tls_server_options() {}
  tls_server_options(std::string certificate, std::string key)
      : certificate_file(std::move(certificate)), key_file(std::move(key)) {}

  /// PEM: the server's certificate, followed by those that lead to one that clients trust.
  std::string certificate_file;
  /// PEM: its private key, not encrypted.
  std::string key_file;
  /// What to choose from by ALPN, best first. A client that offers protocols of which none is here is turned
  /// away (RFC 7301 section 3.2); one that offers none is not. Empty: ALPN is not answered.
  std::vector<std::string> protocols;
};

/// The identity of a TLS server: TLS 1.2 or newer. Copies share the same context; it may be used by several
/// threads.
///
///     net::tls_server_options options{"/etc/app/chain.pem", "/etc/app/key.pem"};
///     options.protocols = {"http/1.1"};
///     const net::tls_server_context context{options};
class tls_server_context {
 public:
  /// Reads the files. Errors: errc::tls_configuration; the text names the file and says what is wrong: it is
  /// missing, is not PEM, is encrypted, or the key is not the certificate's.
  explicit tls_server_context(const tls_server_options& options);

  class impl;
  const impl& implementation() const noexcept { return *impl_; }

 private:
  std::shared_ptr<const impl> impl_;
};

/// Makes `transport`, which a listener has accepted, a TLS connection. Await it in the task of the
/// connection, never between two accepts: a client may take its time, so give it a limit.
///
///     auto secure = co_await bight::wait_for(net::tls_accept(std::move(s), context), 10s);
///
/// Cancellation: the transport is closed.
/// Errors: errc::tls_handshake, and those of the transport; the text names the client and says why, as in
/// "192.0.2.7:49152: the client speaks HTTP without TLS".
[[nodiscard]] awaitable<stream> tls_accept(stream transport, tls_server_context context);

}  // namespace bight::net
