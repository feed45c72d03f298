// The header of the PROXY protocol (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt), sans-I/O.
#pragma once
#include <array>
#include <bight/net/address.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bight::net::detail {

/// Parses a header of version 1 or 2. Receive and feed at most wants() bytes until done() or failed(): what
/// follows belongs to the connection. Bytes beyond the addresses are skipped, not stored.
class proxy_header {
 public:
  /// The longest header of version 1, with its end of line.
  static constexpr std::size_t max_line = 107;

  /// The number of bytes that it needs at least; 0 at the end.
  std::size_t wants() const noexcept { return done() || failed() ? 0 : need_; }
  /// Precondition: bytes.size() <= wants().
  void feed(std::string_view bytes) noexcept;

  bool done() const noexcept { return state_ == state::done; }
  bool failed() const noexcept { return !error_.empty(); }
  /// What is wrong, for people.
  std::string_view error() const noexcept { return error_; }
  /// The ends of the client's connection; nullopt if the header does not tell.
  const std::optional<endpoint>& source() const noexcept { return source_; }
  const std::optional<endpoint>& destination() const noexcept { return destination_; }

 private:
  enum class state : std::uint8_t { start, line, signature, addresses, rest, done };

  std::string_view held() const noexcept { return {in_.data(), size_}; }
  std::uint8_t at(std::size_t i) const noexcept { return static_cast<std::uint8_t>(in_[i]); }
  void fail(std::string_view why) noexcept { error_ = why; }
  void next(state s, std::size_t bytes) noexcept;
  void take() noexcept;
  void take_start() noexcept;
  void take_line() noexcept;
  void parse_line(std::string_view line) noexcept;
  void take_fixed() noexcept;
  void take_addresses() noexcept;
  template <class Bytes>
  void set_ip() noexcept;
  void set_unix() noexcept;

  std::size_t need_ = 15;  // the shortest header: "PROXY UNKNOWN\r\n"
  std::size_t size_ = 0;
  std::size_t skip_ = 0;  // behind the addresses
  std::uint8_t family_ = 0;
  state state_ = state::start;
  std::string_view error_;
  std::optional<endpoint> source_;
  std::optional<endpoint> destination_;
  std::array<char, 232> in_;  // the longest header of version 2 that has an end, without extensions
};

}  // namespace bight::net::detail
