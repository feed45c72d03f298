#include "net/tls/context.hpp"

#include <openssl/err.h>

#include <bight/net/error.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

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

// Without it OpenSSL would ask at the terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

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

}  // namespace bight::net::tls
