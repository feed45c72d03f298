// The client's side of SOCKS5 (RFC 1928, RFC 1929), sans-I/O.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace bight::http::socks5 {

enum class fault : std::uint8_t {
  none,
  protocol,     ///< The answer is not SOCKS5.
  no_method,    ///< The proxy accepts none of the offered authentication methods.
  credentials,  ///< The proxy rejects user name and password.
  refused,      ///< The proxy could not connect: reply().
};

/// Asks a proxy for a connection. Send what take_output() gives, then receive and feed at most wants() bytes,
/// until done() or failed(): whatever follows belongs to the connection.
class handshake {
 public:
  /// `host`: an IP address or a name of at most 255 bytes. `user` and `password`: at most 255 bytes each, or
  /// both empty.
  handshake(std::string_view host, std::uint16_t port, std::string user, std::string password);

  /// Whether a value is too long for the protocol.
  static bool fits(std::string_view value) noexcept { return value.size() <= 255; }

  std::string take_output() { return std::exchange(out_, {}); }
  /// The number of bytes that it needs before it goes on; 0 at the end.
  std::size_t wants() const noexcept { return done() || failed() ? 0 : need_ - in_.size(); }
  /// Precondition: bytes.size() <= wants().
  void feed(std::string_view bytes);

  bool done() const noexcept { return state_ == state::done; }
  bool failed() const noexcept { return fault_ != fault::none; }
  fault error() const noexcept { return fault_; }
  /// The code of fault::refused (RFC 1928 section 6).
  std::uint8_t reply() const noexcept { return reply_; }
  /// What went wrong, for people.
  std::string_view error_text() const noexcept;

 private:
  enum class state : std::uint8_t { method, credentials, reply, address, rest, done };

  void take();
  void next(state s, std::size_t bytes) noexcept;
  void fail(fault f) noexcept { fault_ = f; }
  void send_credentials();
  void send_request();
  std::uint8_t at(std::size_t i) const noexcept { return static_cast<std::uint8_t>(in_[i]); }

  std::string request_;
  std::string user_;
  std::string password_;
  std::string out_;
  std::string in_;
  std::size_t need_ = 2;
  state state_ = state::method;
  fault fault_ = fault::none;
  std::uint8_t reply_ = 0;
};

}  // namespace bight::http::socks5
