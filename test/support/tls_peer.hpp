// The server's side of TLS for tests, straight on OpenSSL: in memory, and over a stream.
#pragma once
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <bight/core/awaitable.hpp>
#include <bight/net/stream.hpp>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "support/certificates.hpp"

namespace bight::net::tls_test {

/// OpenSSL as a server between two strings of bytes.
class server_engine {
 public:
  explicit server_engine(const test::certificate& identity) : context_(SSL_CTX_new(TLS_server_method())) {
    if (SSL_CTX_use_certificate_file(context_.get(), identity.file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(context_.get(), identity.key.c_str(), SSL_FILETYPE_PEM) != 1)
      throw std::runtime_error("the test's certificate cannot be loaded");
    SSL_CTX_set_alpn_select_cb(context_.get(), select_protocol, this);
  }
  server_engine(const server_engine&) = delete;
  server_engine& operator=(const server_engine&) = delete;
  ~server_engine() = default;

  /// Before the first step.
  SSL_CTX* context() noexcept { return context_.get(); }
  /// The protocol to choose if the client offers it.
  std::string supported_protocol;

  SSL* ssl() {
    if (!ssl_) {
      ssl_.reset(SSL_new(context_.get()));
      SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
      SSL_set_accept_state(ssl_.get());
    }
    return ssl_.get();
  }

  void feed(std::string_view bytes) {
    BIO_write(SSL_get_rbio(ssl()), bytes.data(), static_cast<int>(bytes.size()));
  }
  /// What the server wants to send.
  std::string take_output() {
    std::string all(static_cast<std::size_t>(BIO_pending(SSL_get_wbio(ssl()))), '\0');
    if (!all.empty()) BIO_read(SSL_get_wbio(ssl()), all.data(), static_cast<int>(all.size()));
    return all;
  }
  /// True once the handshake is over; throws if it has failed.
  bool handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl());
    if (result != 1 && SSL_get_error(ssl(), result) != SSL_ERROR_WANT_READ)
      throw std::runtime_error(reason());
    return result == 1;
  }
  /// Decrypted bytes; empty if more input is needed or the client has said goodbye (see `said_goodbye`).
  std::string read() {
    ERR_clear_error();
    std::string piece(16 * 1024, '\0');
    std::size_t size = 0;
    const int result = SSL_read_ex(ssl(), piece.data(), piece.size(), &size);
    if (result != 1 && SSL_get_error(ssl(), result) == SSL_ERROR_SSL) throw std::runtime_error(reason());
    piece.resize(size);
    return piece;
  }
  bool said_goodbye() { return (SSL_get_shutdown(ssl()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  void write(std::string_view data) {
    std::size_t size = 0;
    if (SSL_write_ex(ssl(), data.data(), data.size(), &size) != 1) throw std::runtime_error(reason());
  }
  void say_goodbye() { SSL_shutdown(ssl()); }
  /// A session ticket of TLS 1.3, whenever it pleases the server.
  void write_ticket() {
    if (SSL_new_session_ticket(ssl()) != 1 || SSL_do_handshake(ssl()) != 1)
      throw std::runtime_error(reason());
  }
  std::string server_name() {
    const char* const name = SSL_get_servername(ssl(), TLSEXT_NAMETYPE_host_name);
    return name ? name : "";
  }

 private:
  struct release {
    void operator()(SSL* s) const noexcept { SSL_free(s); }
    void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }
  };
  static std::string reason() {
    const char* const text = ERR_reason_error_string(ERR_peek_last_error());
    return text ? text : "TLS failed at the server";
  }
  static int select_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offer,
                             unsigned offered, void* self) {
    const auto& wanted = static_cast<server_engine*>(self)->supported_protocol;
    for (unsigned i = 0; i < offered; i += offer[i] + 1U) {
      const std::string_view name{reinterpret_cast<const char*>(offer + i + 1), offer[i]};
      if (name != wanted) continue;
      *out = offer + i + 1;
      *size = offer[i];
      return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
  }

  std::unique_ptr<SSL_CTX, release> context_;
  std::unique_ptr<SSL, release> ssl_;
};

/// The engine over a stream.
class server {
 public:
  server(stream transport, const test::certificate& identity)
      : engine(identity), transport_(std::move(transport)) {}

  server_engine engine;
  stream& transport() noexcept { return transport_; }

  awaitable<void> accept() {
    while (true) {
      bool done = false;
      std::exception_ptr failure;
      try {
        done = engine.handshake();
      } catch (const std::runtime_error&) { failure = std::current_exception(); }
      co_await flush();
      if (failure) std::rethrow_exception(failure);
      if (done) co_return;
      const auto more = co_await fill();
      if (!more) throw std::runtime_error("the client has gone");
    }
  }
  awaitable<void> write(std::string_view data) {
    while (!data.empty()) {
      const auto part = data.substr(0, 16 * 1024);
      engine.write(part);
      co_await flush();
      data.remove_prefix(part.size());
    }
  }
  /// Decrypted bytes; empty when the client has said goodbye or has gone.
  awaitable<std::string> read() {
    while (true) {
      auto piece = engine.read();
      if (!piece.empty() || engine.said_goodbye()) co_return piece;
      const auto more = co_await fill();
      if (!more) co_return piece;
    }
  }
  awaitable<std::string> read_all() {
    std::string all;
    while (true) {
      const auto piece = co_await read();
      if (piece.empty()) co_return all;
      all += piece;
    }
  }
  awaitable<void> say_goodbye() {
    engine.say_goodbye();
    co_await flush();
  }
  awaitable<void> write_ticket() {
    engine.write_ticket();
    co_await flush();
  }
  awaitable<void> flush() {
    const auto bytes = engine.take_output();
    if (!bytes.empty()) co_await transport_.write(bytes);
  }

 private:
  awaitable<bool> fill() {
    std::string bytes(16 * 1024, '\0');
    const auto n = co_await transport_.read_some(std::as_writable_bytes(std::span(bytes)));
    engine.feed(std::string_view(bytes).substr(0, n));
    co_return n != 0;
  }

  stream transport_;
};

}  // namespace bight::net::tls_test
