#include "net/tls/server_settings.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <bight/net/error.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <new>
#include <utility>

#include "net/tls/session.hpp"
#include "net/tls/verdict.hpp"

namespace bight::net::tls {
namespace {

[[noreturn]] void refuse_option(const std::string& why) {
  throw boost::system::system_error(make_error_code(errc::tls_configuration), why);
}

std::vector<unsigned char> on_the_wire(const std::vector<std::string>& protocols) {
  std::vector<unsigned char> list;
  for (const auto& p : protocols) {
    if (p.empty() || p.size() > 255) refuse_option("ALPN protocol \"" + p + "\": names have 1 to 255 bytes");
    list.push_back(static_cast<unsigned char>(p.size()));
    list.insert(list.end(), p.begin(), p.end());
  }
  return list;
}

}  // namespace

server_settings::server_settings(const tls_server_options& options)
    : protocols_(on_the_wire(options.protocols)), refuse_unknown_(options.refuse_unknown_names) {
  load_authorities(options);
  add_first(options);
  for (const auto& identity : options.certificates) name(identity, add(identity, options));
  // The macros for it have casts of C.
  SSL_CTX_callback_ctrl(context(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(on_server_name));
  SSL_CTX_ctrl(context(), SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG, 0, this);
}

void server_settings::load_authorities(const tls_server_options& options) {
  const bool given = !options.client_ca_file.empty() || !options.client_ca_pem.empty();
  const bool wanted = options.client_certificates != tls_client_certificates::none;
  if (wanted && !given)
    refuse_option("client_certificates are requested, but there is no client_ca_file or client_ca_pem");
  if (given && !wanted)
    refuse_option("client_ca_file or client_ca_pem is set, but client_certificates is none");
  if (!options.client_ca_file.empty()) authorities_ = certificates_of_file(options.client_ca_file);
  if (options.client_ca_pem.empty()) return;
  for (auto& c : certificates_of_text(options.client_ca_pem, "client_ca_pem"))
    authorities_.push_back(std::move(c));
}

// The one that is not in the list.
void server_settings::add_first(const tls_server_options& options) {
  const bool in_file = !options.certificate_file.empty();
  if (in_file && !options.certificate_pem.empty())
    refuse_option("certificate_file and certificate_pem are both set");
  if (options.certificate_pem.empty() != options.key_pem.empty())
    refuse_option("certificate_pem and key_pem belong together");
  if (!options.certificate_pem.empty()) {
    auto* const c = add_context(options);
    use_certificate_text(c, options.certificate_pem, options.key_pem);
    name(tls_certificate{"certificate_pem", {}}, c);
  } else if (in_file || options.certificates.empty()) {
    const tls_certificate first{options.certificate_file, options.key_file};
    name(first, add(first, options));
  }
}

SSL_CTX* server_settings::add_context(const tls_server_options& options) {
  auto* const c = contexts_.emplace_back(new_context(TLS_server_method())).get();
  SSL_CTX_set_options(c, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_dh_auto(c, 1);
  if (options.min_version == tls_version::tls_1_3) SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION);
  if (!protocols_.empty()) SSL_CTX_set_alpn_select_cb(c, on_protocols, this);
  if (!authorities_.empty()) request_certificates(c, options.client_certificates);
  return c;
}

SSL_CTX* server_settings::add(const tls_certificate& identity, const tls_server_options& options) {
  auto* const c = add_context(options);
  use_certificate(c, identity.certificate_file,
                  identity.key_file.empty() ? identity.certificate_file : identity.key_file);
  return c;
}

void server_settings::request_certificates(SSL_CTX* context, tls_client_certificates when) const {
  const bool required = when == tls_client_certificates::required;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     on_certificate);
  // Not the store of the context: from that one OpenSSL completes the chain of the server.
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store{X509_STORE_new(), &X509_STORE_free};
  for (const auto& authority : authorities_) {
    X509_STORE_add_cert(store.get(), authority.get());
    SSL_CTX_add_client_CA(context, authority.get());
  }
  SSL_CTX_ctrl(context, SSL_CTRL_SET_VERIFY_CERT_STORE, 1, store.get());  // takes a reference
  // OpenSSL does not resume sessions with a certificate without it.
  static constexpr unsigned char id[] = "bight";
  SSL_CTX_set_session_id_context(context, id, sizeof(id) - 1);
}

void server_settings::name(const tls_certificate& identity, SSL_CTX* context) {
  for (const auto& n : identity.names)
    if (!names_.add(n, context))
      refuse_option("server name \"" + n + "\" of the certificate " + identity.certificate_file +
                    ": neither a host name nor *. and a host name");
  if (!identity.names.empty()) return;
  bool any = false;
  for (const auto& n : names_of(SSL_CTX_get0_certificate(context))) any = names_.add(n, context) || any;
  if (!any && contexts_.size() > 1)
    refuse_option("certificate " + identity.certificate_file +
                  ": it has no alternative name that is a host name, and no names are given");
}

// False if the client is to be refused.
bool server_settings::select(SSL* ssl) const {
  const auto requested = requested_name(ssl);
  auto* const found = requested.empty() ? nullptr : names_.find(requested);
  if (found || !refuse_unknown_) {
    // Also back to the default: a client that is asked for a second hello may change its mind.
    if (!SSL_set_SSL_CTX(ssl, found ? found : context())) throw std::bad_alloc();
    return true;
  }
  session::refuse(ssl, errc::tls_handshake,
                  requested.empty() ? "the client sent no server name, and there is no certificate for others"
                                    : "there is no certificate for " + requested +
                                          ", which is the server name that the client sent");
  return false;
}

int server_settings::on_server_name(SSL* ssl, int* alert, void* self) {
  try {
    if (static_cast<const server_settings*>(self)->select(ssl)) return SSL_TLSEXT_ERR_OK;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
  } catch (const std::bad_alloc&) { *alert = SSL_AD_INTERNAL_ERROR; }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int server_settings::on_protocols(SSL*, const unsigned char** chosen, unsigned char* size,
                                  const unsigned char* offer, unsigned offer_size, void* self) {
  const auto& ours = static_cast<const server_settings*>(self)->protocols_;
  unsigned char* found = nullptr;
  const int result =
      SSL_select_next_proto(&found, size, ours.data(), static_cast<unsigned>(ours.size()), offer, offer_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Says why while the certificate is at hand: a session does not keep one that is refused.
int server_settings::on_certificate(int ok, X509_STORE_CTX* verification) {
  if (ok == 1) return 1;
  auto* const ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  try {
    session::refuse(
        ssl, errc::certificate_invalid,
        client_verdict_text(X509_STORE_CTX_get_error(verification), X509_STORE_CTX_get0_cert(verification)));
  } catch (const std::bad_alloc&) {}  // the handshake fails without a reason
  return 0;
}

}  // namespace bight::net::tls
