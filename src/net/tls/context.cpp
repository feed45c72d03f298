#include "net/tls/context.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <bight/net/error.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <climits>
#include <cstddef>
#include <utility>

namespace bight::net::tls {

using boost::system::system_error;

context_ptr new_context(const SSL_METHOD* method) {
  context_ptr c{SSL_CTX_new(method)};
  if (!c) throw system_error(make_error_code(errc::tls_configuration), "no TLS context");
  SSL_CTX_set_min_proto_version(c.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(c.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_options(c.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  return c;
}

// The first reason that OpenSSL gives is the nearest to the fault.
void throw_configuration(const std::string& what) {
  const auto code = ERR_peek_error();
  std::string why = "OpenSSL does not say why";
  if (ERR_SYSTEM_ERROR(code))
    why = boost::system::system_category().message(ERR_GET_REASON(code));
  else if (const char* const reason = ERR_reason_error_string(code))
    why = reason;
  ERR_clear_error();
  throw system_error(make_error_code(errc::tls_configuration), what + ": " + why);
}

namespace {

using bio_ptr = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::vector<certificate_ptr> read_certificates(BIO* from, const std::string& where) {
  std::vector<certificate_ptr> all;
  while (true) {
    certificate_ptr c{PEM_read_bio_X509(from, nullptr, nullptr, nullptr)};
    if (!c) break;
    all.push_back(std::move(c));
  }
  const auto end = ERR_peek_last_error();
  if (all.empty() || (end != 0 && ERR_GET_REASON(end) != PEM_R_NO_START_LINE))
    throw_configuration(all.empty() ? "no certificates in " + where : where);
  ERR_clear_error();
  return all;
}

// Without it OpenSSL would ask at the terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

std::vector<certificate_ptr> certificates_of_text(const std::string& pem, const std::string& option) {
  ERR_clear_error();
  const auto size = static_cast<int>(std::min<std::size_t>(pem.size(), INT_MAX));
  const bio_ptr text{BIO_new_mem_buf(pem.data(), size), &BIO_free};
  return read_certificates(text.get(), option);
}

std::vector<certificate_ptr> certificates_of_file(const std::string& path) {
  ERR_clear_error();
  const bio_ptr file{BIO_new_file(path.c_str(), "r"), &BIO_free};
  if (!file) throw_configuration("certificates " + path);
  return read_certificates(file.get(), path);
}

void use_certificate(SSL_CTX* context, const std::string& certificate_file, const std::string& key_file) {
  ERR_clear_error();
  SSL_CTX_set_default_passwd_cb(context, no_password);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1)
    throw_configuration("certificate " + certificate_file);
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    throw_configuration("key " + key_file);
  if (SSL_CTX_check_private_key(context) != 1)
    throw_configuration("key " + key_file + " of the certificate " + certificate_file);
}

void use_certificate_text(SSL_CTX* context, const std::string& certificate_pem, const std::string& key_pem) {
  const auto chain = certificates_of_text(certificate_pem, "certificate_pem");
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) throw_configuration("certificate_pem");
  for (std::size_t i = 1; i != chain.size(); ++i)
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) throw_configuration("certificate_pem");
  const auto size = static_cast<int>(std::min<std::size_t>(key_pem.size(), INT_MAX));
  const bio_ptr text{BIO_new_mem_buf(key_pem.data(), size), &BIO_free};
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
      PEM_read_bio_PrivateKey(text.get(), nullptr, no_password, nullptr), &EVP_PKEY_free};
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1) throw_configuration("key_pem");
  if (SSL_CTX_check_private_key(context) != 1) throw_configuration("key_pem of certificate_pem");
}

}  // namespace bight::net::tls
