// bench_fan_out [--receivers N] [--messages M] [--size B]: one message to many receivers on 127.0.0.1, which
// are in a process of their own. Alternates between a loop that calls send() once per receiver ("limit"),
// http::topic over WebSockets ("topic"), and websocket::send to one after the other ("each"), on the same
// connections. An operation is a message for one receiver; the ratio is that of the processor time.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/report.hpp"

namespace http = bight::http;
namespace net = bight::net;

namespace {

struct settings {
  std::size_t receivers = 10'000;
  std::size_t messages = 20;
  std::size_t size = 64;
};

// The receivers: read everything, and say so after each message that all have got.
[[noreturn]] void receive_all(const settings& s, std::uint16_t port, std::size_t frame, int ready) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int events = epoll_create1(0);
  for (std::size_t i = 0; i != s.receivers; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) std::_Exit(1);
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.fd = fd;
    if (epoll_ctl(events, EPOLL_CTL_ADD, fd, &e) != 0) std::_Exit(1);
  }
  std::size_t received = 0;
  std::array<char, 65536> buffer{};
  std::array<epoll_event, 512> found{};
  while (true) {
    const int n = epoll_wait(events, found.data(), static_cast<int>(found.size()), -1);
    for (int i = 0; i < n; ++i) {
      const auto got = ::recv(found[static_cast<std::size_t>(i)].data.fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) std::_Exit(0);
      received += static_cast<std::size_t>(got);
    }
    for (; received >= s.receivers * frame; received -= s.receivers * frame)
      if (::write(ready, "x", 1) != 1) std::_Exit(0);
  }
}

double cpu_seconds() {
  const auto now = bench::cpu_times::now();
  return now.user + now.system;
}

class fan_out {
 public:
  explicit fan_out(const settings& s) : settings_(s), text_(s.size, 'x') {
    frame_.push_back('\x81');
    if (s.size < 126) {
      frame_ += static_cast<char>(s.size);
    } else {
      frame_ += '\x7e';
      frame_ += static_cast<char>(s.size >> 8U);
      frame_ += static_cast<char>(s.size);
    }
    frame_ += text_;
  }

  bight::awaitable<void> run() {
    co_await connect();
    constexpr int rounds = 5;
    std::array<std::vector<double>, 3> costs;
    for (int i = 0; i != rounds; ++i) {
      const auto before_limit = begin();
      limit();
      costs[0].push_back(end("limit", before_limit));
      const auto before_topic = begin();
      co_await topic();
      costs[1].push_back(end("topic", before_topic));
      const auto before_each = begin();
      co_await each();
      costs[2].push_back(end("each", before_each));
    }
    for (auto& c : costs) std::sort(c.begin(), c.end());
    const auto middle = [&costs](std::size_t i) { return costs[i][costs[i].size() / 2]; };
    std::printf("{\"bench\":\"ratio\",\"topic_to_limit\":%.3f,\"each_to_limit\":%.3f}\n",
                middle(1) / middle(0), middle(2) / middle(0));
    topic_.close();
    for (auto& t : sending_) co_await t;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

 private:
  bight::awaitable<void> connect() {
    net::listener listener{net::endpoint{net::ip_address::loopback(), 0}};
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) std::abort();
    ready_ = ends[0];
    child_ = ::fork();
    if (child_ == 0) receive_all(settings_, listener.local_endpoint().port(), frame_.size(), ends[1]);
    http::websocket_options options;
    options.ping_interval = bight::forever;
    sockets_.reserve(settings_.receivers);
    for (std::size_t i = 0; i != settings_.receivers; ++i) {
      auto connection = co_await listener.accept();
      descriptors_.push_back(connection.native_handle());
      sockets_.push_back(http::make_websocket(std::move(connection), http::websocket_side::server, options));
    }
    for (auto& ws : sockets_) sending_.push_back(bight::spawn([this, &ws] { return topic_.send_to(ws); }));
    while (topic_.receivers() != settings_.receivers) co_await bight::yield();
  }

  double begin() {
    watch_.emplace();
    return cpu_seconds();
  }
  double end(const char* name, double before) {
    const auto cost = cpu_seconds() - before;
    watch_->report(name, static_cast<long>(settings_.receivers * settings_.messages));
    return cost;
  }
  void wait_for_receivers() const {
    char c = 0;
    if (::read(ready_, &c, 1) != 1) std::abort();
  }

  void limit() {
    for (std::size_t i = 0; i != settings_.messages; ++i) {
      for (const int fd : descriptors_)
        if (::send(fd, frame_.data(), frame_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(frame_.size()))
          std::abort();
      wait_for_receivers();
    }
  }
  bight::awaitable<void> topic() {
    for (std::size_t i = 0; i != settings_.messages; ++i) {
      co_await topic_.publish(text_);
      const auto all = topic_.metrics().published * settings_.receivers;
      while (topic_.metrics().sent != all) co_await bight::yield();
      wait_for_receivers();
    }
  }
  bight::awaitable<void> each() {
    for (std::size_t i = 0; i != settings_.messages; ++i) {
      for (auto& ws : sockets_) co_await ws.send(text_);
      wait_for_receivers();
    }
  }

  settings settings_;
  std::string text_;
  std::string frame_;
  http::topic topic_;
  std::vector<http::websocket> sockets_;
  std::vector<int> descriptors_;
  std::vector<bight::task<void>> sending_;
  std::optional<bench::stopwatch> watch_;
  int ready_ = -1;
  pid_t child_ = -1;
};

}  // namespace

int main(int argc, char** argv) {
  settings s;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const auto value = static_cast<std::size_t>(std::strtoul(argv[i + 1], nullptr, 10));
    if (name == "--receivers") s.receivers = value;
    if (name == "--messages") s.messages = value;
    if (name == "--size") s.size = value;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  fan_out one{s};
  bight::run([&one] { return one.run(); });
}
