#include "support/sockets.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/memory_stream.hpp>
#include <chrono>
#include <filesystem>
#include <span>
#include <vector>

namespace bight::test {

awaitable<std::pair<net::stream, net::stream>> tcp_pair() {
  const net::endpoint anywhere{net::ip_address::loopback(), 0};
  net::listener listener{anywhere};
  const auto where = listener.local_endpoint();
  auto [client, server] = co_await gather(net::connect(where), listener.accept());
  co_return std::pair<net::stream, net::stream>(std::move(client), std::move(server));
}

awaitable<std::pair<net::stream, net::stream>> memory_pair() { co_return net::memory_pipe(); }

void shrink_buffers(const net::stream& s, int bytes) {
  for (const int option : {SO_SNDBUF, SO_RCVBUF})
    if (::setsockopt(s.native_handle(), SOL_SOCKET, option, &bytes, sizeof bytes) != 0)
      throw std::runtime_error("setsockopt failed");
}

deaf_listener::deaf_listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  const bool listens = ::bind(socket_, reinterpret_cast<const sockaddr*>(&at), size) == 0 &&
                       ::listen(socket_, 0) == 0 &&
                       ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  if (!listens) throw std::runtime_error("listen failed");
  port_ = ntohs(at.sin_port);
}

deaf_listener::~deaf_listener() { ::close(socket_); }

awaitable<void> deaf_listener::fill() {
  constexpr std::chrono::milliseconds silence{30};
  const net::endpoint where{net::ip_address::loopback(), port_};
  while (true) {
    try {
      auto s = co_await wait_for(net::connect(where), silence);
      waiting_.push_back(std::move(s));
    } catch (const timeout_error&) { co_return; }
  }
}

awaitable<std::string> read_once(net::stream& s) {
  std::string piece(64 * 1024, '\0');
  const auto n = co_await s.read_some(std::as_writable_bytes(std::span(piece)));
  piece.resize(n);
  co_return piece;
}

awaitable<std::string> read_all(net::stream& s) {
  std::string all;
  while (true) {
    const auto piece = co_await read_once(s);
    if (piece.empty()) co_return all;
    all += piece;
  }
}

awaitable<std::string> read_exactly(net::stream& s, std::size_t count) {
  std::string all(count, '\0');
  std::size_t size = 0;
  while (size != count) {
    const auto n = co_await s.read_some(std::as_writable_bytes(std::span(all)).subspan(size));
    if (n == 0) break;
    size += n;
  }
  all.resize(size);
  co_return all;
}

awaitable<std::string> read_until(net::stream& s, std::string_view text) {
  std::string all;
  while (all.find(text) == all.npos) {
    const auto piece = co_await read_once(s);
    if (piece.empty()) break;
    all += piece;
  }
  co_return all;
}

awaitable<void> write_and_finish(net::stream& s, std::string_view data) {
  co_await s.write(data);
  co_await s.shutdown_write();
}

std::string pattern(std::size_t count, unsigned seed) {
  std::string text(count, '\0');
  std::uint32_t state = seed;
  for (auto& c : text) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return text;
}

namespace {
std::size_t entries_of(const char* directory) {
  const std::filesystem::directory_iterator entries{directory};
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}
}  // namespace

std::size_t open_descriptors() { return entries_of("/proc/self/fd") - 1; }  // without the one that looks

// A connection that ends on the side of the port keeps that reserved (TIME_WAIT); SO_REUSEADDR, which servers
// set, gets it nevertheless.
std::uint16_t closed_port() {
  constexpr int on = 1;
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* const address = reinterpret_cast<sockaddr*>(&at);
  const bool bound = ::bind(listener, address, size) == 0 && ::listen(listener, 1) == 0 &&
                     ::getsockname(listener, address, &size) == 0 && ::connect(client, address, size) == 0;
  const int accepted = bound ? ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC) : -1;
  for (const int socket : {accepted, client, listener})  // in this order
    if (socket >= 0) ::close(socket);
  if (accepted < 0) throw std::runtime_error("no free port");
  return ntohs(at.sin_port);
}

}  // namespace bight::test
