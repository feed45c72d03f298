// A server of WebSockets on a thread of its own, for programs that tests run.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/router.hpp>
#include <bight/http/websocket_response.hpp>
#include <bight/net/tls.hpp>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/site_thread.hpp"

namespace bight::test {

/// At /echo it sends back what it gets; at /hello it first tells the header X-Test and the subprotocol, of
/// which it knows "chat"; at /kick it closes with code 4000, "go away"; /refused is 403.
class websocket_site {
 public:
  explicit websocket_site(std::optional<net::tls_server_context> tls = {})
      : server_(routes(), std::move(tls)) {}

  std::string url(std::string_view path) const {
    std::string text{server_.secure() ? "wss://" : "ws://"};
    return text.append(server_.where().to_string()).append(path);
  }
  /// The close codes of the first `count` connections, in the order of their ends. Waits for these for at
  /// most 10 seconds: a program may end before the server has seen that.
  std::vector<std::uint16_t> close_codes(std::size_t count) const {
    std::unique_lock lock{mutex_};
    ended_.wait_for(lock, std::chrono::seconds{10}, [&] { return codes_.size() >= count; });
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
    ended_.notify_all();
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

  mutable std::mutex mutex_;
  mutable std::condition_variable ended_;
  std::vector<std::uint16_t> codes_;
  site_thread server_;  // the last: it uses the others
};

}  // namespace bight::test
