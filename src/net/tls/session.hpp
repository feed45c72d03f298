// A TLS session without I/O, of a client or a server: ciphertext in, ciphertext out.
#pragma once
#include <openssl/ssl.h>

#include <bight/net/connection_info.hpp>
#include <bight/net/error.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/tls/session_cache.hpp"

namespace bight::net::tls {

struct free_ssl {
  void operator()(SSL* s) const noexcept { SSL_free(s); }
  void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }
};
using ssl_ptr = std::unique_ptr<SSL, free_ssl>;
using context_ptr = std::unique_ptr<SSL_CTX, free_ssl>;

/// What a client context gives its sessions.
struct client_settings {
  SSL_CTX* context = nullptr;
  bool verify = true;  ///< False: neither chain nor name is checked.
  bool verify_name = true;
  std::shared_ptr<const std::vector<std::string>> pins;
  std::shared_ptr<session_cache> sessions;
  std::string session_key;
};

/// What a step needs next.
enum class want { nothing, input, closed };

/// Drives OpenSSL between two byte buffers. The caller sends what `output()` holds after every step, and
/// calls `feed` with what it received when a step wants input.
class session {
 public:
  /// Of a client. `host`: verified and, for a name, sent as SNI. Throws errc::tls_configuration or
  /// invalid_host_name.
  session(client_settings settings, const std::string& host, const std::vector<std::string>& protocols);
  /// Of a server. `peer`: the client, for the texts of errors.
  session(SSL_CTX* context, const std::string& peer);
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session();

  /// Lets the sessions of a client context come to the objects of this class.
  static void keep_sessions_of(SSL_CTX* context) noexcept;

  /// For callbacks of OpenSSL during the handshake of a server: why it will fail.
  static void refuse(SSL* ssl, errc code, std::string why);
  /// Of a server that requests certificates.
  bool verifies_clients() const noexcept { return verify_ && server_; }

  /// Throws errc::certificate_invalid, certificate_name, certificate_not_pinned or tls_handshake.
  want handshake();
  /// Decrypts into `buffer`; `size` is what it gave. Throws errc::tls_protocol or tls_truncated.
  want read(std::span<std::byte> buffer, std::size_t& size);
  /// Encrypts a piece of `data`; `size` is how much. Throws errc::tls_protocol.
  want write(std::span<const std::byte> data, std::size_t& size);
  /// Adds a close_notify to the output.
  void say_goodbye() noexcept;

  /// Room for ciphertext from the transport; tell `received` how much came. Little room, unless the peer
  /// sends much: it is what an idle session costs.
  std::span<std::byte> input_room();
  void received(std::size_t n) noexcept {
    in_end_ += n;
    much_comes_ = n >= little_room;
  }
  /// Whether the peer sends much at a time. Look then what has come before waiting with `expect_little`.
  bool expects_much() const noexcept { return much_comes_; }
  void expect_little() noexcept { much_comes_ = false; }
  /// The transport has ended.
  void received_end() noexcept { in_ended_ = true; }
  /// True if a read would not want input: there is data, the end, or an error. Takes no data.
  bool readable() noexcept;

  std::vector<std::byte>& output() noexcept { return out_; }
  /// Leaves the memory of a buffer of ciphertext to other sessions. It is empty afterwards.
  static void release(std::vector<std::byte>& buffer) noexcept;
  std::string_view protocol() const noexcept;
  /// Adds what TLS knows, once the handshake is over.
  void describe(connection_info& info) const;

 private:
  friend struct bio_access;
  static constexpr std::size_t little_room = 1024;
  void attach_buffers();
  void expect_host();
  void offer(const std::vector<std::string>& protocols);
  bool keep(SSL_SESSION* made) noexcept;
  void accept_peer();
  want after(int result, const char* what);
  [[noreturn]] void fail_handshake();

  ssl_ptr ssl_;
  std::string host_;  // the name of the peer
  bool verify_;
  bool server_ = false;
  bool accepted_ = false;  // the peer of a client is who it should be
  client_settings settings_;
  session_ptr early_;  // came before that was known
  errc refusal_code_ = errc::tls_handshake;
  std::string refusal_;  // what a server has against the client
  std::vector<std::byte> in_;
  std::size_t in_begin_ = 0;
  std::size_t in_end_ = 0;
  bool in_ended_ = false;
  bool much_comes_ = false;
  std::vector<std::byte> out_;
};

}  // namespace bight::net::tls
