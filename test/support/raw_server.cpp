#include "support/raw_server.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace bight::test {

bool raw_server::connection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto n = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void raw_server::connection::wait_for_close() const {
  std::array<char, 4096> piece;
  while (::recv(descriptor_, piece.data(), piece.size(), 0) > 0) {}
}

raw_server::raw_server(script s) : script_(std::move(s)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  auto* const address = reinterpret_cast<sockaddr*>(&where);
  if (::bind(listener_, address, size) != 0 || ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, address, &size) != 0)
    throw std::runtime_error("no port to listen on");
  port_ = ntohs(where.sin_port);
  accepting_ = std::thread{[this] { accept_all(); }};
}

raw_server::~raw_server() {
  {
    const std::lock_guard lock{mutex_};
    closing_ = true;
    for (const int d : open_) ::shutdown(d, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  for (auto& t : answering_) t.join();
  ::close(listener_);
}

std::string raw_server::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string{path};
}

std::vector<std::string> raw_server::paths() const {
  const std::lock_guard lock{mutex_};
  return paths_;
}

bool raw_server::wait_for(const std::string& path) {
  std::unique_lock lock{mutex_};
  return asked_.wait_for(lock, std::chrono::seconds{10},
                         [&] { return std::find(paths_.begin(), paths_.end(), path) != paths_.end(); });
}

void raw_server::accept_all() {
  while (true) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock{mutex_};
    if (descriptor < 0 || closing_) {
      if (descriptor >= 0) ::close(descriptor);
      return;
    }
    open_.push_back(descriptor);
    answering_.emplace_back([this, descriptor] { answer(descriptor); });
  }
}

void raw_server::answer(int descriptor) {
  std::string head;
  std::array<char, 4096> piece;
  while (head.find("\r\n\r\n") == head.npos) {
    const auto n = ::recv(descriptor, piece.data(), piece.size(), 0);
    if (n <= 0) break;
    head.append(piece.data(), static_cast<std::size_t>(n));
  }
  const auto begin = head.find(' ') + 1;
  const auto path = head.substr(begin, head.find(' ', begin) - begin);
  if (!head.empty()) {
    {
      const std::lock_guard lock{mutex_};
      paths_.push_back(path);
    }
    asked_.notify_all();
    script_(path, connection{descriptor});
  }
  const std::lock_guard lock{mutex_};
  std::erase(open_, descriptor);
  ::close(descriptor);
}

std::string http_response(std::string_view status, std::string_view type, std::string_view body,
                          std::string_view fields) {
  std::string text = "HTTP/1.1 ";
  text.append(status).append("\r\nContent-Type: ").append(type);
  text.append("\r\nContent-Length: ").append(std::to_string(body.size()));
  return text.append("\r\nConnection: close\r\n").append(fields).append("\r\n").append(body);
}

}  // namespace bight::test
