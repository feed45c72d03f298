#include <bight/net/tls.hpp>

#include <openssl/err.h>

#include <bight/net/error.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <utility>

#include "net/tls/connection.hpp"

namespace bight::net {
namespace {

using boost::system::system_error;

tls::context_ptr new_context(const SSL_METHOD* method) {
  tls::context_ptr c{SSL_CTX_new(method)};
  if (!c) throw system_error(make_error_code(errc::tls_configuration), "no TLS context");
  SSL_CTX_set_min_proto_version(c.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(c.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_options(c.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  return c;
}

}  // namespace

class tls_client_context::impl {
 public:
  impl(tls::context_ptr c, bool verify) : context_(std::move(c)), verify_(verify) {}
  SSL_CTX* context() const noexcept { return context_.get(); }
  bool verify() const noexcept { return verify_; }

 private:
  tls::context_ptr context_;
  bool verify_;
};

tls_client_context tls_client_context::system() {
  static const auto shared = [] {
    auto c = new_context(TLS_client_method());
    if (SSL_CTX_set_default_verify_paths(c.get()) != 1)
      throw system_error(make_error_code(errc::tls_configuration),
                         "the system's certificates cannot be loaded");
    return std::make_shared<const impl>(std::move(c), true);
  }();
  return tls_client_context{shared};
}

tls_client_context tls_client_context::from_ca_file(const std::string& path) {
  auto c = new_context(TLS_client_method());
  if (SSL_CTX_load_verify_locations(c.get(), path.c_str(), nullptr) != 1) {
    ERR_clear_error();
    throw system_error(make_error_code(errc::tls_configuration), "no certificates in " + path);
  }
  return tls_client_context{std::make_shared<const impl>(std::move(c), true)};
}

tls_client_context tls_client_context::insecure() {
  return tls_client_context{std::make_shared<const impl>(new_context(TLS_client_method()), false)};
}

namespace {

awaitable<stream> connect_over(stream transport, std::string host, tls_client_context context,
                               std::vector<std::string> protocols) {
  const auto& i = context.implementation();
  const auto made =
      std::make_shared<tls::connection>(std::move(transport), i.context(), host, i.verify(), protocols);
  auto secure = tls::make_stream(made);
  try {
    co_await tls::handshake(made);
  } catch (const system_error& e) {
    if (e.code().category() == net_category()) throw;
    throw system_error(e.code(), host + ": TLS handshake");  // the transport failed
  }
  co_return secure;
}

}  // namespace

awaitable<stream> tls_connect(stream transport, std::string_view host, tls_client_context context,
                              std::vector<std::string> protocols) {
  return connect_over(std::move(transport), std::string{host}, std::move(context), std::move(protocols));
}

class tls_server_context::impl {
 public:
  explicit impl(const tls_server_options& options);
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() = default;
  SSL_CTX* context() const noexcept { return context_.get(); }

 private:
  static int choose(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offer,
                    unsigned offer_size, void* self);

  tls::context_ptr context_;
  std::vector<unsigned char> protocols_;  // as RFC 7301 has them, best first
};

namespace {

// The first reason that OpenSSL gives is the nearest to the fault.
[[noreturn]] void throw_configuration(const std::string& what) {
  const auto code = ERR_peek_error();
  std::string why = "OpenSSL does not say why";
  if (ERR_SYSTEM_ERROR(code))
    why = boost::system::system_category().message(ERR_GET_REASON(code));
  else if (const char* const reason = ERR_reason_error_string(code))
    why = reason;
  ERR_clear_error();
  throw system_error(make_error_code(errc::tls_configuration), what + ": " + why);
}

// Without it OpenSSL would ask at the terminal.
int no_password(char*, int, int, void*) { return -1; }

std::vector<unsigned char> on_the_wire(const std::vector<std::string>& protocols) {
  std::vector<unsigned char> list;
  for (const auto& p : protocols) {
    if (p.empty() || p.size() > 255)
      throw system_error(make_error_code(errc::tls_configuration),
                         "ALPN protocol \"" + p + "\": names have 1 to 255 bytes");
    list.push_back(static_cast<unsigned char>(p.size()));
    list.insert(list.end(), p.begin(), p.end());
  }
  return list;
}

}  // namespace

tls_server_context::impl::impl(const tls_server_options& options)
    : context_(new_context(TLS_server_method())), protocols_(on_the_wire(options.protocols)) {
  auto* const c = context_.get();
  ERR_clear_error();
  SSL_CTX_set_options(c, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_dh_auto(c, 1);
  SSL_CTX_set_default_passwd_cb(c, no_password);
  if (SSL_CTX_use_certificate_chain_file(c, options.certificate_file.c_str()) != 1)
    throw_configuration("certificate " + options.certificate_file);
  if (SSL_CTX_use_PrivateKey_file(c, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    throw_configuration("key " + options.key_file);
  if (SSL_CTX_check_private_key(c) != 1)
    throw_configuration("key " + options.key_file + " of the certificate " + options.certificate_file);
  if (!protocols_.empty()) SSL_CTX_set_alpn_select_cb(c, choose, this);
}

int tls_server_context::impl::choose(SSL*, const unsigned char** chosen, unsigned char* size,
                                     const unsigned char* offer, unsigned offer_size, void* self) {
  const auto& ours = static_cast<const impl*>(self)->protocols_;
  unsigned char* found = nullptr;
  const int result =
      SSL_select_next_proto(&found, size, ours.data(), static_cast<unsigned>(ours.size()), offer, offer_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

tls_server_context::tls_server_context(const tls_server_options& options)
    : impl_(std::make_shared<const impl>(options)) {}

namespace {

// Keeps the context, which the session asks, while the handshake lasts.
awaitable<stream> accept_over(stream transport, tls_server_context context) {
  const auto peer = transport.remote_endpoint();
  const std::string name = peer.is_unix() && peer.path().empty() ? "client" : peer.to_string();
  const auto made =
      std::make_shared<tls::connection>(std::move(transport), context.implementation().context(), name);
  auto secure = tls::make_stream(made);
  try {
    co_await tls::handshake(made);
  } catch (const system_error& e) {
    if (e.code().category() == net_category()) throw;
    throw system_error(e.code(), name + ": TLS handshake");  // the transport failed
  }
  co_return secure;
}

}  // namespace

awaitable<stream> tls_accept(stream transport, tls_server_context context) {
  return accept_over(std::move(transport), std::move(context));
}

}  // namespace bight::net
