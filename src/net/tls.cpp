#include <bight/net/tls.hpp>

#include <openssl/err.h>

#include <bight/net/error.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
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
    s.verify_name = verify_name_;
    s.pins = pins_;
    s.sessions = sessions_;
    return s;
  }

 private:
  void trust(const tls_client_options& options);

  tls::context_ptr context_;
  bool verify_;
  bool verify_name_;
  std::shared_ptr<const std::vector<std::string>> pins_;
  std::shared_ptr<tls::session_cache> sessions_;
};

namespace {

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
      verify_name_(options.verify_host_name),
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
  if (!options.ca_pem.empty())
    for (const auto& trusted : tls::certificates_of_text(options.ca_pem, "ca_pem"))
      X509_STORE_add_cert(SSL_CTX_get_cert_store(c), trusted.get());
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

}  // namespace bight::net
