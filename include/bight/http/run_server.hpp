// run_server: a server on all cores, from main.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/http/detail/to_handler.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/server.hpp>
#include <bight/net/address.hpp>
#include <bight/net/listener.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight::http {

/// Options of run_server. Not an aggregate, so that it is safe in co_await expressions.
struct run_server_options {
  /// Listens on 127.0.0.1:8080, unless `listen` is assigned.
  run_server_options() : run_server_options(net::endpoint{net::ip_address::loopback(), 8080}) {}
  run_server_options(const net::endpoint& where) : listen{where} {}
  run_server_options(std::vector<net::endpoint> where) : listen(std::move(where)) {}

  /// Addresses and Unix domain sockets to listen on. Port 0 picks a free port, the same for all loops.
  std::vector<net::endpoint> listen;
  /// Listening sockets to use besides `listen`. run_server closes them.
  std::vector<int> descriptors;
  /// Whether sockets passed by a service manager replace `listen`; see net::activated_listeners.
  bool activation = true;
  /// Options of the sockets of `listen`. `reuse_port`: share the ports with other processes of the user, for
  /// example with the previous version of the program; otherwise a port in use is an error.
  net::listen_options socket;
  /// The number of loops, each on its own thread; 0: one per processor.
  std::size_t threads = 0;
  /// Options of the server on each loop: the limits on connections count those of one loop.
  server_options server;
  /// The time allowed for requests in progress when the server stops: see server::stop.
  std::chrono::nanoseconds stop_timeout = std::chrono::seconds{30};
  /// Called once all loops are about to accept connections, on the first loop, with the endpoints in the
  /// order of `listen` (or the activated sockets), then `descriptors`. If it throws, run_server fails.
  std::function<void(const std::vector<net::endpoint>&)> on_ready;
  /// Called on each loop that still has connections half a second after the stop began, with their number.
  std::function<void(std::size_t connections)> on_slow_stop;
};

namespace detail {

/// Makes the handler of a loop. Copied to each loop, where the copy outlives the handler.
using handler_maker = std::function<awaitable<handler>()>;

template <class F>
concept handler_factory = std::copy_constructible<F> && std::invocable<F&> &&
                          response_function<awaited_t<std::invoke_result_t<F&>>, server_request>;

template <class F>
awaitable<handler> make_with(F& make) {
  if constexpr (bight::detail::awaitable_type<std::invoke_result_t<F&>>) {
    auto work = bight::detail::to_awaitable(std::invoke(make));
    auto made = co_await std::move(work);
    co_return to_handler(std::move(made));
  } else {
    co_return to_handler(std::invoke(make));
  }
}

int run_server(run_server_options options, handler_maker make);
awaitable<void> serve_sharded(run_server_options options, handler_maker make);

}  // namespace detail

/// Runs an HTTP server on one loop per processor until SIGINT or SIGTERM, from `main`.
///
///     bight::awaitable<http::router> make_site() {
///       auto items = std::make_shared<item_store>(co_await open_items());
///       http::router site;
///       site.get("/items/{id:int}", [items](http::server_request& r) { return items->show(r); });
///       co_return site;
///     }
///     int main() { return http::run_server(net::endpoint{net::ip_address{}, 8080}, make_site); }
///
/// `make_handler` is copied to each loop and called there once, concurrently with the other loops, before
/// the server listens. It returns a handler, a router, or what a router accepts as a handler, or is a
/// coroutine that does. Its result is destroyed on the same loop when the last connection of the loop has
/// ended; the loop may still have to wait for others then. Tasks that it has spawned are cancelled later.
///
/// Each loop accepts its own connections, which stay on it. The kernel spreads connections to addresses
/// evenly (SO_REUSEPORT). Unix domain sockets and sockets that were passed to the process have one backlog,
/// from which all loops accept: a loop that is busy leaves connections to the others.
///
/// SIGINT and SIGTERM stop the server gracefully: see server::stop. Connections that no loop has accepted by
/// then are reset, except in a socket that was passed to the process and that its manager keeps. A second
/// signal ends the process at once, with status 128 + signal. Signals that the program handles or ignores
/// have no effect here.
///
/// Returns the exit status: 0 after a signal, 1 after an error, which has been logged: an exception of
/// `make_handler` or `on_ready`, or an address that cannot be listened on, with its name. An error of one
/// loop stops the others gracefully. Errors: errc::loop_running inside of a loop.
template <class F>
int run_server(run_server_options options, F make_handler) {
  static_assert(
      detail::handler_factory<F>,
      "run_server takes a copyable function without parameters that returns a handler or a router, or "
      "an awaitable of one; it is called once on each loop");
  if constexpr (detail::handler_factory<F>) {
    return detail::run_server(std::move(options),
                              [make = std::move(make_handler)]() mutable { return detail::make_with(make); });
  } else {
    return 1;
  }
}

/// run_server for programs with a loop of their own, and for service_host: runs the server on further
/// threads, beside the running loop.
///
///     host.add("web", [] { return http::serve_sharded(net::endpoint{net::ip_address{}, 8080}, make_site);
///     });
///
/// `make_handler`, the options, and what happens on the loops: as for run_server. Cancellation: stops the
/// server gracefully, within `stop_timeout`, and then throws cancelled_error; signals are the caller's.
/// Errors: an exception_group of what run_server logs.
template <class F>
  requires detail::handler_factory<F>
awaitable<void> serve_sharded(run_server_options options, F make_handler) {
  return detail::serve_sharded(
      std::move(options), [make = std::move(make_handler)]() mutable { return detail::make_with(make); });
}

}  // namespace bight::http
