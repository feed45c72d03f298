// A server of WebSockets on a thread of its own, for programs that tests run.
#pragma once
#include <bight/core/event.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/task.hpp>
#include <bight/http/router.hpp>
#include <bight/http/server.hpp>
#include <bight/http/websocket_response.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/tls.hpp>
#include <chrono>
#include <cstdint>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace bight::test {

/// At /echo it sends back what it gets; at /hello it first tells the header X-Test and the subprotocol, of
/// which it knows "chat"; at /kick it closes with code 4000, "go away"; /refused is 403.
class websocket_site {
 public:
  explicit websocket_site(std::optional<net::tls_server_context> tls = {}) {
    std::promise<std::pair<loop_handle, net::endpoint>> up;
    auto started = up.get_future();
    secure_ = tls.has_value();
    thread_ = std::thread([this, tls = std::move(tls), up = std::move(up)]() mutable {
      const run_options options{.handle_signals = false};
      bight::run(options, [&]() -> awaitable<void> {
        http::server_options settings;
        settings.tls = std::move(tls);
        http::server server{routes(), settings};
        net::listener listener{net::endpoint(net::ip_address::loopback(), 0)};
        const auto where = listener.local_endpoint();
        auto serving = spawn([&] { return server.serve(std::move(listener)); });
        event over;
        over_ = &over;
        up.set_value({loop::current().handle(), where});
        co_await over.wait();
        server.stop(std::chrono::seconds{0});
        co_await serving;
      });
    });
    std::tie(handle_, where_) = started.get();
  }
  websocket_site(const websocket_site&) = delete;
  websocket_site& operator=(const websocket_site&) = delete;
  ~websocket_site() {
    handle_.call_soon_threadsafe([this] { over_->set(); });
    thread_.join();
  }

  std::string url(std::string_view path) const {
    std::string text{secure_ ? "wss://" : "ws://"};
    return text.append(where_.to_string()).append(path);
  }
  /// The close codes of the connections so far, in the order of their ends.
  std::vector<std::uint16_t> close_codes() const {
    const std::lock_guard lock{mutex_};
    return codes_;
  }

 private:
  awaitable<void> echo(http::websocket& ws) {
    try {
      auto message = co_await ws.receive();
      while (message) {
        co_await ws.send(*message);
        message = co_await ws.receive();
      }
    } catch (const http::websocket_closed&) {}
    const std::lock_guard lock{mutex_};
    codes_.push_back(ws.close_code().value_or(0));
  }

  http::router routes() {
    http::router all;
    all.get("/echo", [this](http::server_request& request) {
      return http::websocket_response(request, [this](http::websocket& ws) { return echo(ws); });
    });
    all.get("/hello", [this](http::server_request& request) {
      http::websocket_server_options options;
      options.subprotocols = {"chat"};
      const std::string header{request.headers().get("X-Test").value_or("none")};
      return http::websocket_response(
          request,
          [this, header](http::websocket& ws) -> awaitable<void> {
            const auto text = header + ' ' + std::string{ws.subprotocol()};
            co_await ws.send(text);
            co_await echo(ws);
          },
          options);
    });
    all.get("/kick", [](http::server_request& request) {
      return http::websocket_response(
          request, [](http::websocket& ws) -> awaitable<void> { co_await ws.close(4000, "go away"); });
    });
    all.get("/refused", [] { return http::server_response{403}; });
    return all;
  }

  std::thread thread_;
  loop_handle handle_;
  net::endpoint where_;
  event* over_ = nullptr;
  mutable std::mutex mutex_;
  std::vector<std::uint16_t> codes_;
  bool secure_ = false;
};

}  // namespace bight::test
