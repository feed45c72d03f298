#include <bight/net/tls.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <bight/net/error.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <climits>
#include <cstddef>
#include <memory>
#include <utility>

#include "net/tls/connection.hpp"
#include "net/tls/context.hpp"
#include "net/tls/verdict.hpp"

namespace bight::net {
using boost::system::system_error;

class tls_client_context::impl {
 public:
  explicit impl(const tls_client_options& options);
  tls::client_settings settings() const {
    tls::client_settings s;
    s.context = context_.get();
    s.verify = verify_;
    s.pins = pins_;
    s.sessions = sessions_;
    return s;
  }

 private:
  void trust(const tls_client_options& options);

  tls::context_ptr context_;
  bool verify_;
  std::shared_ptr<const std::vector<std::string>> pins_;
  std::shared_ptr<tls::session_cache> sessions_;
};

namespace {

struct free_certificate {
  void operator()(X509* c) const noexcept { X509_free(c); }
};

void add_certificates(X509_STORE* store, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text{
      BIO_new_mem_buf(pem.data(), static_cast<int>(std::min<std::size_t>(pem.size(), INT_MAX))), &BIO_free};
  std::size_t count = 0;
  while (true) {
    const std::unique_ptr<X509, free_certificate> c{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)};
    if (!c) break;
    X509_STORE_add_cert(store, c.get());
    ++count;
  }
  const auto end = ERR_peek_last_error();
  if (count == 0 || (end != 0 && ERR_GET_REASON(end) != PEM_R_NO_START_LINE))
    tls::throw_configuration(count == 0 ? "no certificates in ca_pem" : "ca_pem");
  ERR_clear_error();
}

void require_pins(const std::vector<std::string>& pins) {
  for (const auto& p : pins)
    if (!tls::is_pin(p))
      throw system_error(make_error_code(errc::tls_configuration),
                         "pin \"" + p + "\" is not sha256// and 44 characters of base64");
}

}  // namespace

tls_client_context::impl::impl(const tls_client_options& options)
    : context_(tls::new_context(TLS_client_method())),
      verify_(!options.insecure_skip_verify),
      pins_(std::make_shared<const std::vector<std::string>>(options.pins)),
      sessions_(std::make_shared<tls::session_cache>(options.max_sessions)) {
  require_pins(options.pins);
  auto* const c = context_.get();
  if (options.min_version == tls_version::tls_1_3) SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION);
  if (verify_) trust(options);
  if (!options.certificate_file.empty())
    tls::use_certificate(c, options.certificate_file,
                         options.key_file.empty() ? options.certificate_file : options.key_file);
  if (options.max_sessions != 0) tls::session::keep_sessions_of(c);
}

void tls_client_context::impl::trust(const tls_client_options& options) {
  auto* const c = context_.get();
  const bool own = !options.ca_file.empty() || !options.ca_pem.empty();
  ERR_clear_error();
  if (!options.ca_file.empty() && SSL_CTX_load_verify_locations(c, options.ca_file.c_str(), nullptr) != 1) {
    ERR_clear_error();
    throw system_error(make_error_code(errc::tls_configuration), "no certificates in " + options.ca_file);
  }
  if (!options.ca_pem.empty()) add_certificates(SSL_CTX_get_cert_store(c), options.ca_pem);
  if (!own) {  // loading them takes tens of milliseconds
    static X509_STORE* const shared = [] {
      const auto once = tls::new_context(TLS_client_method());
      if (SSL_CTX_set_default_verify_paths(once.get()) != 1)
        tls::throw_configuration("the system's certificates cannot be loaded");
      auto* const store = SSL_CTX_get_cert_store(once.get());
      X509_STORE_up_ref(store);
      return store;
    }();
    SSL_CTX_set1_cert_store(c, shared);
  } else if (options.system_certificates && SSL_CTX_set_default_verify_paths(c) != 1) {
    tls::throw_configuration("the system's certificates cannot be loaded");
  }
}

tls_client_context::tls_client_context(const tls_client_options& options)
    : impl_(std::make_shared<const impl>(options)) {}

tls_client_context tls_client_context::system() {
  static const tls_client_context shared{tls_client_options{}};
  return shared;
}

tls_client_context tls_client_context::from_ca_file(const std::string& path) {
  tls_client_options options;
  options.ca_file = path;
  return tls_client_context{options};
}

tls_client_context tls_client_context::insecure() {
  tls_client_options options;
  options.insecure_skip_verify = true;
  return tls_client_context{options};
}

namespace {

awaitable<stream> connect_over(stream transport, std::string host, tls_client_context context,
                               std::vector<std::string> protocols, std::string session_key) {
  auto settings = context.implementation().settings();
  // A resumed session is not verified again: it is for the host for which it was, whatever the caller's key.
  if (session_key.empty()) session_key = std::to_string(transport.remote_endpoint().port());
  settings.session_key = host + ' ' + session_key;
  const auto made =
      std::make_shared<tls::connection>(std::move(transport), std::move(settings), host, protocols);
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
                              std::vector<std::string> protocols, std::string session_key) {
  return connect_over(std::move(transport), std::string{host}, std::move(context), std::move(protocols),
                      std::move(session_key));
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
    : context_(tls::new_context(TLS_server_method())), protocols_(on_the_wire(options.protocols)) {
  auto* const c = context_.get();
  SSL_CTX_set_options(c, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_dh_auto(c, 1);
  tls::use_certificate(c, options.certificate_file, options.key_file);
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
