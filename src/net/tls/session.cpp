#include "net/tls/session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <bight/net/address.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "net/tls/verdict.hpp"

namespace bight::net::tls {

using boost::system::system_error;

// OpenSSL's side of the two buffers.
struct bio_access {
  // Of the sessions of this thread, of which most have nothing to send.
  static std::vector<std::byte>& spare() noexcept {
    thread_local std::vector<std::byte> buffer;
    return buffer;
  }
  static session& of(BIO* b) noexcept { return *static_cast<session*>(BIO_get_data(b)); }

  static int read(BIO* b, char* to, int size) {
    auto& s = of(b);
    BIO_clear_retry_flags(b);
    const auto n = std::min(static_cast<std::size_t>(size), s.in_end_ - s.in_begin_);
    if (n == 0) {
      if (s.in_ended_) return 0;
      BIO_set_retry_read(b);
      return -1;
    }
    std::memcpy(to, s.in_.data() + s.in_begin_, n);
    s.in_begin_ += n;
    if (s.in_begin_ == s.in_end_) s.in_begin_ = s.in_end_ = 0;
    return static_cast<int>(n);
  }
  static int write(BIO* b, const char* from, int size) {
    const auto bytes = std::as_bytes(std::span{from, static_cast<std::size_t>(size)});
    auto& out = of(b).out_;
    if (out.capacity() == 0) out.swap(spare());
    out.insert(out.end(), bytes.begin(), bytes.end());
    return size;
  }
  static long control(BIO* b, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return of(b).in_ended_ ? 1 : 0;
    return 0;
  }
  static int create(BIO* b) {
    BIO_set_init(b, 1);
    return 1;
  }
  static BIO_METHOD* method() {
    static BIO_METHOD* const m = [] {
      auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bight");
      BIO_meth_set_read(made, read);
      BIO_meth_set_write(made, write);
      BIO_meth_set_ctrl(made, control);
      BIO_meth_set_create(made, create);
      return made;
    }();
    return m;
  }
};

namespace {

std::string last_reason() {
  const auto code = ERR_peek_last_error();
  const char* const reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason ? reason : "the connection ended";
}

// The commonest failures in the words of who looks for them.
std::string handshake_reason(bool server) {
  const auto code = ERR_peek_last_error();
  const std::string peer = server ? "the client" : "the server";
  switch (ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return peer + " speaks HTTP without TLS";
    case SSL_R_WRONG_VERSION_NUMBER:
      return peer + " does not speak TLS (" + last_reason() + ")";
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return peer + " closed the connection during the handshake";
    case SSL_R_UNSUPPORTED_PROTOCOL:
      return "no TLS version that both sides allow (" + last_reason() + ")";
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return "none of the protocols that the client offers is spoken here (" + last_reason() + ")";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "the client sent no certificate, and one is required";
    default:
      return last_reason();
  }
}

[[noreturn]] void fail(errc code, const std::string& host, const std::string& why) {
  ERR_clear_error();
  throw system_error(make_error_code(code), host + ": " + why);
}

}  // namespace

session::session(client_settings settings, const std::string& host, const std::vector<std::string>& protocols)
    : ssl_(SSL_new(settings.context)), host_(host), verify_(settings.verify), settings_(std::move(settings)) {
  attach_buffers();
  SSL_set_connect_state(ssl_.get());
  expect_host();
  offer(protocols);
  if (!settings_.sessions || !settings_.sessions->enabled()) return;
  SSL_set_ex_data(ssl_.get(), 0, this);
  if (const auto known = settings_.sessions->take(settings_.session_key))
    SSL_set_session(ssl_.get(), known.get());
}

session::~session() {
  // OpenSSL takes the end of a connection without close_notify for a reason not to resume its session.
  if (accepted_ && ssl_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void session::keep_sessions_of(SSL_CTX* context) noexcept {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* made) {
    auto* const self = static_cast<session*>(SSL_get_ex_data(ssl, 0));
    return self && self->keep(made) ? 1 : 0;
  });
}

// With TLS 1.2 it comes before the handshake has ended, and the peer's key may turn out to be the wrong one.
bool session::keep(SSL_SESSION* made) noexcept {
  try {
    SSL_SESSION_up_ref(made);
    session_ptr s{made};
    if (accepted_)
      settings_.sessions->put(settings_.session_key, std::move(s));
    else
      early_ = std::move(s);
  } catch (const std::bad_alloc&) {}
  return false;  // OpenSSL's own reference stays OpenSSL's
}

void session::accept_peer() {
  auto* const leaf = SSL_get0_peer_certificate(ssl_.get());
  if (settings_.pins && !settings_.pins->empty()) {
    const auto pin = leaf ? pin_of(leaf) : std::string{};
    const auto& pins = *settings_.pins;
    if (std::find(pins.begin(), pins.end(), pin) == pins.end()) {
      say_goodbye();
      fail(errc::certificate_not_pinned, host_, "the key of the certificate is " + pin);
    }
  }
  accepted_ = true;
  if (early_) settings_.sessions->put(settings_.session_key, std::move(early_));
}

session::session(SSL_CTX* context, const std::string& peer)
    : ssl_(SSL_new(context)),
      host_(peer),
      verify_(SSL_CTX_get_verify_mode(context) != SSL_VERIFY_NONE),
      server_(true) {
  attach_buffers();
  SSL_set_ex_data(ssl_.get(), 0, this);
  SSL_set_accept_state(ssl_.get());
}

void session::refuse(SSL* ssl, errc code, std::string why) {
  auto* const self = static_cast<session*>(SSL_get_ex_data(ssl, 0));
  self->refusal_code_ = code;
  self->refusal_ = std::move(why);
}

void session::attach_buffers() {
  BIO* const bio = BIO_new(bio_access::method());
  if (!ssl_ || !bio) fail(errc::tls_configuration, host_, last_reason());
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_.get(), bio, bio);
}

void session::expect_host() {
  auto name = host_;  // RFC 6066 section 3: without the trailing dot
  if (name.ends_with('.')) name.pop_back();
  // OpenSSL takes an empty name for "any", and the C functions stop at a zero byte.
  if (name.empty() || name.find('\0') != name.npos)
    fail(errc::invalid_host_name, host_, "not a name to verify");
  const bool literal = ip_address::parse(name).has_value();
  SSL_set_verify(ssl_.get(), verify_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (verify_ && settings_.verify_name) {
    // The name is checked per connection, never on the shared context. RFC 9525: no partial wildcards, and
    // the common name of the subject says nothing.
    auto* const parameters = SSL_get0_param(ssl_.get());
    X509_VERIFY_PARAM_set_hostflags(
        parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    const int ok = literal ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str())
                           : X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size());
    if (ok != 1)
      fail(errc::invalid_host_name, host_, "not a host name that a certificate can be checked for");
  }
  if (literal) return;
  if (SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) != 1)
    fail(errc::invalid_host_name, host_.substr(0, 255), "too long");
}

void session::offer(const std::vector<std::string>& protocols) {
  std::vector<unsigned char> list;
  for (const auto& p : protocols) {
    if (p.empty() || p.size() > 255) fail(errc::tls_configuration, host_, "ALPN names have 1 to 255 bytes");
    list.push_back(static_cast<unsigned char>(p.size()));
    list.insert(list.end(), p.begin(), p.end());
  }
  if (!list.empty()) SSL_set_alpn_protos(ssl_.get(), list.data(), static_cast<unsigned>(list.size()));
}

void session::fail_handshake() {
  if (!refusal_.empty()) fail(refusal_code_, host_, refusal_);
  // Without verification the verdict is there all the same, and says nothing about the failure.
  const long verdict = verify_ && !server_ ? SSL_get_verify_result(ssl_.get()) : X509_V_OK;
  if (verdict == X509_V_OK) fail(errc::tls_handshake, host_, handshake_reason(server_));
  const bool name = verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH;
  // The certificate is not the peer's before it is verified.
  auto* const chain = SSL_get_peer_cert_chain(ssl_.get());
  auto* const leaf = chain && sk_X509_num(chain) != 0 ? sk_X509_value(chain, 0) : nullptr;
  fail(name ? errc::certificate_name : errc::certificate_invalid, host_, verdict_text(verdict, leaf, host_));
}

want session::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    if (!server_) accept_peer();
    return want::nothing;
  }
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return want::input;
  fail_handshake();
}

want session::after(int result, const char* what) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return want::input;
    case SSL_ERROR_ZERO_RETURN:
      return want::closed;
    default:
      break;
  }
  const bool cut = in_ended_ && in_begin_ == in_end_;
  fail(cut ? errc::tls_truncated : errc::tls_protocol, host_, std::string{what} + ": " + last_reason());
}

want session::read(std::span<std::byte> buffer, std::size_t& size) {
  ERR_clear_error();
  size = 0;
  const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
  return result == 1 ? want::nothing : after(result, "read");
}

want session::write(std::span<const std::byte> data, std::size_t& size) {
  ERR_clear_error();
  size = 0;
  const int result = SSL_write_ex(ssl_.get(), data.data(), data.size(), &size);
  return result == 1 ? want::nothing : after(result, "write");
}

void session::say_goodbye() noexcept {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool session::readable() noexcept {
  ERR_clear_error();
  std::byte ignored;
  std::size_t size = 0;
  const int result = SSL_peek_ex(ssl_.get(), &ignored, 1, &size);
  const bool waits = result != 1 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ;
  ERR_clear_error();
  return !waits;
}

std::span<std::byte> session::input_room() {
  constexpr std::size_t record = 16 * 1024 + 512;
  if (in_begin_ != 0) {
    std::memmove(in_.data(), in_.data() + in_begin_, in_end_ - in_begin_);
    in_end_ -= in_begin_;
    in_begin_ = 0;
  }
  if (!much_comes_ && in_end_ == 0 && in_.size() > little_room) in_ = std::vector<std::byte>(little_room);
  const auto room = in_end_ + (much_comes_ ? record : little_room);
  if (in_.size() < room) in_.resize(room);
  return std::span{in_}.subspan(in_end_);
}

void session::release(std::vector<std::byte>& buffer) noexcept {
  constexpr std::size_t most = 128 * 1024;
  buffer.clear();
  auto& spare = bio_access::spare();
  if (spare.capacity() < buffer.capacity() && buffer.capacity() <= most) spare.swap(buffer);
  buffer = std::vector<std::byte>{};
}

}  // namespace bight::net::tls
