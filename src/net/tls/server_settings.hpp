// What a TLS server context is made of: it is replaced as a whole when it is reloaded.
#pragma once
#include <openssl/ssl.h>

#include <bight/net/tls.hpp>
#include <string>
#include <vector>

#include "net/tls/context.hpp"
#include "net/tls/server_names.hpp"

namespace bight::net::tls {

/// A context of OpenSSL for each certificate; they differ in nothing else. Must outlive the handshakes.
/// Concurrency: several threads.
class server_settings {
 public:
  /// Throws errc::tls_configuration, naming the file or option.
  explicit server_settings(const tls_server_options& options);
  server_settings(const server_settings&) = delete;
  server_settings& operator=(const server_settings&) = delete;
  ~server_settings() = default;

  /// With which sessions begin: that of the default certificate.
  SSL_CTX* context() const noexcept { return contexts_.front().get(); }

 private:
  SSL_CTX* add_context(const tls_server_options& options);
  SSL_CTX* add(const tls_certificate& identity, const tls_server_options& options);
  void add_first(const tls_server_options& options);
  void request_certificates(SSL_CTX* context, tls_client_certificates when) const;
  void load_authorities(const tls_server_options& options);
  void name(const tls_certificate& identity, SSL_CTX* context);
  bool select(SSL* ssl) const;

  static int on_server_name(SSL* ssl, int* alert, void* self);
  static int on_protocols(SSL* ssl, const unsigned char** chosen, unsigned char* size,
                          const unsigned char* offer, unsigned offer_size, void* self);
  static int on_certificate(int ok, X509_STORE_CTX* verification);

  std::vector<unsigned char> protocols_;  // as RFC 7301 has them, best first
  std::vector<certificate_ptr> authorities_;
  std::vector<context_ptr> contexts_;
  server_names names_;
  bool refuse_unknown_;
};

}  // namespace bight::net::tls
