// as_service: servers as services.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/task_group.hpp>
#include <chrono>
#include <concepts>
#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight {

namespace detail {

template <class L>
struct listeners_of {
  using type = L;
};
template <class L>
struct listeners_of<std::vector<L>> {
  using type = L;
};

/// A server such as http::server and net::server.
template <class Server, class Listener>
concept serves = requires(Server& s, Listener l, clock::duration grace) {
  requires awaitable_type<decltype(s.serve(std::move(l)))>;
  s.stop(grace);
};

/// What `Open` gives: a listener or a vector of them, itself or as the result of a function, which may be
/// a coroutine.
template <class Open>
struct opened_by {
  using type = Open;
};
template <std::invocable Open>
struct opened_by<Open> {
  using type = std::invoke_result_t<Open>;
};
template <std::invocable Open>
  requires awaitable_type<std::invoke_result_t<Open>>
struct opened_by<Open> {
  using type = await_result_t<std::invoke_result_t<Open>>;
};
template <class Open>
using listener_of_t = typename listeners_of<typename opened_by<Open>::type>::type;

/// The result of as_service.
template <class Server, class Open>
class server_service {
  using listener = listener_of_t<Open>;

 public:
  server_service(Server& server, Open open, clock::duration grace)
      : server_(&server), open_(std::move(open)), grace_(grace) {}

  /// Opens the listeners, so that a port in use is a failure to start.
  awaitable<void> start() {
    listeners_.clear();
    if constexpr (!std::invocable<Open&>) {
      if (!open_)
        throw std::logic_error("as_service: to be started again it needs a function that opens a listener");
      take(std::move(*std::exchange(open_, std::nullopt)));
    } else if constexpr (awaitable_type<std::invoke_result_t<Open&>>) {
      auto opening = to_awaitable((*open_)());
      take(co_await std::move(opening));
    } else {
      take((*open_)());
    }
    co_return;
  }
  awaitable<void> run() {
    auto all = std::exchange(listeners_, {});
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      for (auto& l : all)
        group.spawn([s = server_](listener mine) { return s->serve(std::move(mine)); }, std::move(l));
      co_return;
    });
  }
  void stop() { server_->stop(grace_); }

 private:
  void take(listener&& l) { listeners_.push_back(std::move(l)); }
  void take(std::vector<listener>&& all) { listeners_ = std::move(all); }

  Server* server_;
  std::optional<Open> open_;
  std::vector<listener> listeners_;
  clock::duration grace_;
};

}  // namespace detail

/// Makes a service of a server: anything with `serve(listener)` and `stop(grace)`, such as http::server and
/// net::server.
///
///     net::server server{talk};
///     auto open = [] { return net::listener{net::endpoint{net::ip_address::loopback(), 8080}}; };
///     host.add("web", bight::as_service(server, open)).restart();
///     host.add("admin", bight::as_service(admin, net::activated_listeners("admin")));
///
/// `open` is a listener, a vector of listeners, or a function that returns one of these or an awaitable of
/// one. A function is called at each start; a listener can be served only once, so that the service cannot be
/// restarted. A stop ends connections gracefully within `grace`, which should be shorter than the
/// stop_timeout of the service. Lifetime: the server must outlive the host.
template <class Server, class Open>
  requires detail::serves<Server, detail::listener_of_t<std::decay_t<Open>>>
auto as_service(Server& server, Open&& open, clock::duration grace = std::chrono::seconds{25}) {
  return detail::server_service<Server, std::decay_t<Open>>(server, std::forward<Open>(open), grace);
}

}  // namespace bight
