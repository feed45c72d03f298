// An HTTP server with a thread of its own, for programs that tests run.
#pragma once
#include <bight/core/event.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/task.hpp>
#include <bight/http/server.hpp>
#include <bight/net/address.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/tls.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

namespace bight::test {

/// Serves on a free port of loopback until it is destroyed. The handler is called on that thread.
class site_thread {
 public:
  explicit site_thread(http::handler answer, std::optional<net::tls_server_context> tls = {})
      : secure_(tls.has_value()) {
    std::promise<std::pair<loop_handle, net::endpoint>> up;
    auto started = up.get_future();
    thread_ =
        std::thread([this, answer = std::move(answer), tls = std::move(tls), up = std::move(up)]() mutable {
          const run_options options{.handle_signals = false};
          bight::run(options, [&]() -> awaitable<void> {
            http::server_options settings;
            settings.tls = std::move(tls);
            http::server server{std::move(answer), settings};
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
  site_thread(const site_thread&) = delete;
  site_thread& operator=(const site_thread&) = delete;
  ~site_thread() {
    handle_.call_soon_threadsafe([this] { over_->set(); });
    thread_.join();
  }

  net::endpoint where() const { return where_; }
  bool secure() const noexcept { return secure_; }

 private:
  event* over_ = nullptr;
  loop_handle handle_;
  net::endpoint where_;
  bool secure_;
  std::thread thread_;
};

}  // namespace bight::test
