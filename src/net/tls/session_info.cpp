// What a session tells of its connection.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <memory>

#include "net/tls/server_names.hpp"
#include "net/tls/session.hpp"
#include "net/tls/verdict.hpp"

namespace bight::net::tls {
namespace {

std::string pem_of(X509* certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out{BIO_new(BIO_s_mem()), &BIO_free};
  PEM_write_bio_X509(out.get(), certificate);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string{};
}

}  // namespace

std::string_view session::protocol() const noexcept {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

void session::describe(connection_info& info) const {
  info.protocol = protocol();
  info.tls_version = SSL_get_version(ssl_.get());
  info.cipher = SSL_get_cipher_name(ssl_.get());
  info.server_name = requested_name(ssl_.get());
  info.resumed = SSL_session_reused(ssl_.get()) == 1;
  X509* const shown = SSL_get0_peer_certificate(ssl_.get());
  if (!shown) return;
  auto& certificate = info.certificate.emplace();
  certificate.subject = text_of(X509_get_subject_name(shown));
  certificate.issuer = text_of(X509_get_issuer_name(shown));
  certificate.pem = pem_of(shown);
  ERR_clear_error();
}

}  // namespace bight::net::tls
