// bench_websocket_limit --port P: what an echo of WebSocket messages costs at least, on 127.0.0.1: one
// thread, epoll, one recv and one send per message, frames unmasked in the receive buffer and sent from
// there. It checks nothing, and knows only unfragmented messages. SIGINT ends it and prints the report.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/report.hpp"

namespace {

volatile std::sig_atomic_t stopped = 0;
void stop(int) { stopped = 1; }

// FIPS 180-4, for texts of less than a block and a half.
std::array<std::uint8_t, 20> sha1(std::string text) {
  const std::uint64_t bits = text.size() * 8;
  text += '\x80';
  while (text.size() % 64 != 56) text += '\0';
  for (int i = 7; i >= 0; --i) text += static_cast<char>(bits >> (8 * i));
  std::array<std::uint32_t, 5> h{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (std::size_t block = 0; block != text.size(); block += 64) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t i = 0; i != 64; ++i)
      w[i / 4] = w[i / 4] << 8U | static_cast<std::uint8_t>(text[block + i]);
    for (std::size_t i = 16; i != 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    auto [a, b, c, d, e] = h;
    for (std::size_t i = 0; i != 80; ++i) {
      const auto f = i < 20              ? (b & c) | (~b & d)
                     : i < 40 || i >= 60 ? b ^ c ^ d
                                         : (b & c) | (b & d) | (c & d);
      const std::uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
      const auto next = std::rotl(a, 5) + f + e + k + w[i];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    h = {h[0] + a, h[1] + b, h[2] + c, h[3] + d, h[4] + e};
  }
  std::array<std::uint8_t, 20> digest{};
  for (std::size_t i = 0; i != 20; ++i) digest[i] = static_cast<std::uint8_t>(h[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

std::string base64(const std::array<std::uint8_t, 20>& bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = i; j != i + 3; ++j) group = group << 8U | (j < bytes.size() ? bytes[j] : 0U);
    for (int shift = 18; shift >= 0; shift -= 6) out += digits[group >> shift & 63U];
  }
  out.back() = '=';
  return out;
}

struct connection {
  int socket;
  bool open = false;
  std::size_t size = 0;
  std::vector<char> buffer = std::vector<char>(4096);
};

bool shake_hands(connection& c) {
  const std::string_view head(c.buffer.data(), c.size);
  constexpr std::string_view name = "Sec-WebSocket-Key: ";
  if (head.find("\r\n\r\n") == head.npos) return true;
  const auto key = head.substr(head.find(name) + name.size(), 24);
  const auto accept = base64(sha1(std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
  const auto answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: " +
      accept + "\r\n\r\n";
  c.open = true;
  c.size = 0;
  return ::send(c.socket, answer.data(), answer.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(answer.size());
}

std::uint64_t number(const char* at, std::size_t bytes) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i != bytes; ++i) n = n << 8U | static_cast<std::uint8_t>(at[i]);
  return n;
}

void unmask(char* data, std::size_t size, const char* key) {
  std::uint64_t word = 0;
  std::memcpy(&word, key, 4);
  std::memcpy(reinterpret_cast<char*>(&word) + 4, key, 4);
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t part = 0;
    std::memcpy(&part, data + i, 8);
    part ^= word;
    std::memcpy(data + i, &part, 8);
  }
  for (; i != size; ++i) data[i] = static_cast<char>(data[i] ^ key[i % 4]);
}

// Echoes all complete frames. The head of the answer is four bytes shorter, and fits in front of the payload.
bool echo(connection& c, long& messages) {
  std::size_t at = 0;
  while (c.size - at >= 6) {
    char* const frame = c.buffer.data() + at;
    const auto form = static_cast<std::uint8_t>(frame[1]) & 0x7fU;
    const std::size_t extra = form == 126 ? 2 : form == 127 ? 8 : 0;
    const std::size_t head = 2 + extra + 4;
    if (c.size - at < head) break;
    const auto size = extra == 0 ? form : static_cast<std::size_t>(number(frame + 2, extra));
    if (c.size - at < head + size) {
      if (c.buffer.size() < head + size + 4096) c.buffer.resize(head + size + 4096);
      break;
    }
    if ((static_cast<std::uint8_t>(frame[0]) & 0xfU) == 8) return false;
    const std::array<char, 4> key{frame[head - 4], frame[head - 3], frame[head - 2], frame[head - 1]};
    unmask(frame + head, size, key.data());
    frame[1] = static_cast<char>(form);
    std::memmove(frame + 4, frame, head - 4);
    if (::send(c.socket, frame + 4, head - 4 + size, MSG_NOSIGNAL) < 0) return false;
    ++messages;
    at += head + size;
  }
  if (at != 0 && at != c.size) std::memmove(c.buffer.data(), c.buffer.data() + at, c.size - at);
  c.size -= at;
  return true;
}

bool serve(connection& c, long& messages) {
  const auto n = ::recv(c.socket, c.buffer.data() + c.size, c.buffer.size() - c.size, 0);
  if (n <= 0) return false;
  c.size += static_cast<std::size_t>(n);
  return c.open ? echo(c, messages) : shake_hands(c);
}

int listen_on(std::uint16_t port) {
  const int s = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(s, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0 || ::listen(s, 1024) != 0) {
    std::perror("bench_websocket_limit");
    std::exit(1);
  }
  return s;
}

}  // namespace

int main(int argc, char** argv) {
  const long port = argc == 3 ? std::atol(argv[2]) : 0;
  if (port < 1 || port > 65535) {
    std::fputs("usage: bench_websocket_limit --port P\n", stderr);
    return 2;
  }
  struct sigaction action {};
  action.sa_handler = stop;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  const int listener = listen_on(static_cast<std::uint16_t>(port));
  const int poll = ::epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  ::epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  const bench::stopwatch watch;
  long messages = 0;
  std::array<epoll_event, 128> events{};
  while (stopped == 0) {
    const int n = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) {
      auto* const c = static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (!c) {
        auto made = std::make_unique<connection>();
        made->socket = ::accept(listener, nullptr, nullptr);
        const int on = 1;
        ::setsockopt(made->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        event.data.ptr = made.release();
        ::epoll_ctl(poll, EPOLL_CTL_ADD, static_cast<connection*>(event.data.ptr)->socket, &event);
      } else if (!serve(*c, messages)) {
        ::close(c->socket);
        delete c;
      }
    }
  }
  if (messages != 0) watch.report("websocket_limit", messages);
  return 0;
}
