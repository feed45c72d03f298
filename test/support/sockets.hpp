// Connected sockets, and what tests do with streams again and again.
#pragma once
#include <array>
#include <bight/core/awaitable.hpp>
#include <bight/net/stream.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::test {

/// Both ends of a TCP connection over loopback: the one that connected, the one that was accepted.
awaitable<std::pair<net::stream, net::stream>> tcp_pair();
/// Both ends of a pipe in memory.
awaitable<std::pair<net::stream, net::stream>> memory_pair();
/// For tests of what holds whatever carries the bytes.
inline constexpr awaitable<std::pair<net::stream, net::stream>> (*every_transport[])() = {tcp_pair,
                                                                                          memory_pair};
/// Asks the kernel for small buffers, so that writes have to wait.
void shrink_buffers(const net::stream& s, int bytes);

/// A listening socket whose backlog is full: the kernel drops what comes next, and a connect to it hangs.
class deaf_listener {
 public:
  deaf_listener();
  deaf_listener(const deaf_listener&) = delete;
  deaf_listener& operator=(const deaf_listener&) = delete;
  ~deaf_listener();

  /// Fills the backlog: to be awaited first.
  awaitable<void> fill();
  /// It listens on this port of 127.0.0.1.
  std::uint16_t port() const noexcept { return port_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
  std::vector<net::stream> waiting_;
};

/// Reads to the end of the stream.
awaitable<std::string> read_all(net::stream& s);
/// Reads `count` bytes; less if the stream ends before.
awaitable<std::string> read_exactly(net::stream& s, std::size_t count);
/// Reads until what was read contains `text`, or the stream ends.
awaitable<std::string> read_until(net::stream& s, std::string_view text);
/// One read_some of up to 64 KiB.
awaitable<std::string> read_once(net::stream& s);
/// Writes all of `data` and then closes the writing half.
awaitable<void> write_and_finish(net::stream& s, std::string_view data);

/// Two texts to be written as pieces; a named local, which outlives the co_await.
inline std::array<std::span<const std::byte>, 2> pieces(std::string_view first, std::string_view second) {
  return {std::as_bytes(std::span{first}), std::as_bytes(std::span{second})};
}

/// `count` bytes without a short period.
std::string pattern(std::size_t count, unsigned seed = 1);
/// How many descriptors this process has open.
std::size_t open_descriptors();
/// A loopback port that nothing listens on, and which the kernel gives to nobody unasked for a minute.
std::uint16_t closed_port();

/// Awaits `work`, which must throw a system_error, and returns that.
template <class T>
awaitable<boost::system::system_error> error_of(awaitable<T> work) {
  try {
    static_cast<void>(co_await std::move(work));
  } catch (const boost::system::system_error& e) { co_return e; }
  throw std::logic_error("an error was expected, and there was none");
}
template <class A>
  requires requires(A a) { std::move(a).as_awaitable(); }
awaitable<boost::system::system_error> error_of(A work) {
  return error_of(std::move(work).as_awaitable());
}

}  // namespace bight::test
