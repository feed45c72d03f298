// TLS for clients and servers.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/net/stream.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::net {

/// TLS protocol versions.
enum class tls_version : std::uint8_t { tls_1_2, tls_1_3 };

/// Options of TLS clients. Not an aggregate, so that it is safe in co_await expressions.
class tls_client_options {
 public:
  tls_client_options() {}

  /// PEM file with certificates to trust instead of the system's.
  std::string ca_file;
  /// Certificates to trust instead of the system's, as PEM text; together with those of ca_file if both are
  /// set.
  std::string ca_pem;
  /// Trust the system's certificates beside those of ca_file and ca_pem.
  bool system_certificates = false;
  /// PEM file with the client's certificate, followed by the intermediate certificates. It is sent to every
  /// server that requests one. Empty: none.
  std::string certificate_file;
  /// PEM file with the unencrypted private key of the client's certificate. Empty: certificate_file.
  std::string key_file;
  /// The keys that the server's certificate may have, in addition to all other checks: `sha256//` and the
  /// base64 of the SHA-256 of the SubjectPublicKeyInfo, as for curl --pinnedpubkey. Empty: any key.
  std::vector<std::string> pins;
  tls_version min_version = tls_version::tls_1_2;
  /// Skips the verification of certificate and host name: a man in the middle can read and change all data.
  bool insecure_skip_verify = false;
  /// Verify that the certificate is valid for the host. False: any certificate of a trusted authority will do
  /// (verify-ca of PostgreSQL); only for private authorities.
  bool verify_host_name = true;
  /// Maximum number of TLS sessions kept for resumption. 0 disables resumption.
  std::size_t max_sessions = 256;
};

/// The trust store and settings of TLS clients, and the sessions that can be resumed. Loading the system's
/// certificates takes tens of milliseconds, so share one context. Copies refer to the same context; sessions
/// are never resumed in another one. Concurrency: can be used by several threads.
class tls_client_context {
 public:
  /// Errors: errc::tls_configuration; the text contains the file or option and the reason.
  explicit tls_client_context(const tls_client_options& options);

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
/// A session with the same `host` and `session_key` is resumed if the context has one (see
/// connection_info::resumed); the default key is the port of the transport. A session ticket of TLS 1.3 is
/// used once.
/// Cancellation: closes the transport.
/// Errors: errc::certificate_invalid, errc::certificate_name, errc::certificate_not_pinned,
/// errc::tls_handshake, errc::invalid_host_name (empty, or not a valid name for a certificate), and those of
/// the transport; the text contains the host and the reason.
[[nodiscard]] awaitable<stream> tls_connect(stream transport, std::string_view host,
                                            tls_client_context context,
                                            std::vector<std::string> protocols = {},
                                            std::string session_key = {});

/// A certificate of a TLS server that has several. Not an aggregate, so that it is safe in co_await
/// expressions.
class tls_certificate {
 public:
  tls_certificate() {}
  tls_certificate(std::string certificate, std::string key, std::vector<std::string> server_names = {})
      : certificate_file(std::move(certificate)), key_file(std::move(key)), names(std::move(server_names)) {}

  /// PEM file with the certificate, followed by the intermediate certificates.
  std::string certificate_file;
  /// PEM file with the unencrypted private key. Empty: certificate_file.
  std::string key_file;
  /// The server names for which the certificate is used: host names, and `*.example.org` for names with one
  /// label before `.example.org`. Empty: the subject alternative names of the certificate.
  std::vector<std::string> names;
};

/// Whether a TLS server requests certificates from its clients (mutual TLS). With `optional`, clients without
/// a certificate are accepted; a certificate that is sent must be valid.
enum class tls_client_certificates : std::uint8_t { none, optional, required };

/// Options of a TLS server. Not an aggregate, so that it is safe in co_await expressions.
class tls_server_options {
 public:
  tls_server_options() {}
  tls_server_options(std::string certificate, std::string key)
      : certificate_file(std::move(certificate)), key_file(std::move(key)) {}

  /// PEM file with the server's certificate, followed by the intermediate certificates. It is used for its
  /// own subject alternative names and as the default certificate: for clients that send no server name, such
  /// as those that connect to an IP address, and for names that belong to no certificate. Empty: the first of
  /// `certificates` is the default.
  std::string certificate_file;
  /// PEM file with the unencrypted private key. Empty: certificate_file.
  std::string key_file;
  /// The same as PEM texts, instead of the files: see make_self_signed.
  std::string certificate_pem;
  std::string key_pem;
  /// Further certificates, selected by the server name that the client sends (SNI). A name is looked up as it
  /// is, then as a wildcard; if several certificates have it, the first is used, and certificate_file is the
  /// first of all.
  std::vector<tls_certificate> certificates;
  /// Reject clients that send no server name, or one that belongs to no certificate, with the alert
  /// unrecognized_name, instead of using the default certificate.
  bool refuse_unknown_names = false;
  tls_version min_version = tls_version::tls_1_2;
  /// If not `none`, client_ca_file or client_ca_pem must be set.
  tls_client_certificates client_certificates = tls_client_certificates::none;
  /// PEM file with the authorities whose client certificates are accepted. The system's are never used.
  std::string client_ca_file;
  /// The same as PEM text; together with those of client_ca_file if both are set.
  std::string client_ca_pem;
  /// Protocols to select from with ALPN, in order of preference. Clients that offer only other protocols are
  /// rejected (RFC 7301 section 3.2); clients that do not use ALPN are accepted. If empty, ALPN is ignored.
  std::vector<std::string> protocols;
};

/// The certificates and settings of a TLS server. Copies refer to the same context.
/// Concurrency: can be used by several threads.
///
///     net::tls_server_options options{"/etc/app/chain.pem", "/etc/app/key.pem"};
///     options.protocols = {"http/1.1"};
///     const net::tls_server_context context{options};
class tls_server_context {
 public:
  /// Loads the files. Errors: errc::tls_configuration; the text contains the file and the reason: it is
  /// missing, is not PEM, is encrypted, or the key does not match the certificate; or the option.
  explicit tls_server_context(const tls_server_options& options);

  /// Replaces all options, in every copy of the context; the files are read again. Handshakes that begin
  /// afterwards use the new options; established connections and handshakes in progress are not affected.
  /// Sessions of before are not resumed: their clients perform a full handshake, so that new requirements
  /// apply to everybody, and the keys of session tickets are renewed. Reads the files in the calling thread,
  /// which may be any.
  /// Errors: those of the constructor; the options in use stay in use.
  void reload(const tls_server_options& options);

  class impl;
  const impl& implementation() const noexcept { return *impl_; }

 private:
  std::shared_ptr<impl> impl_;
};

/// Performs a TLS handshake on an accepted connection. Since clients may be slow, await it in the task of the
/// connection, not in the accept loop, and with a timeout.
///
///     auto secure = co_await bight::wait_for(net::tls_accept(std::move(s), context), 10s);
///
/// Cancellation: closes the transport.
/// Errors: errc::tls_handshake, errc::certificate_invalid (that of the client), and those of the transport;
/// the text contains the client and the reason, as in "192.0.2.7:49152: the client speaks HTTP without TLS".
/// With TLS 1.3 a client learns that its certificate was refused when it reads, not in `tls_connect`. The
/// certificate of a resumed session is the one that was verified when the session began.
[[nodiscard]] awaitable<stream> tls_accept(stream transport, tls_server_context context);

}  // namespace bight::net
