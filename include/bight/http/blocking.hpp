// blocking: handlers that run on threads.
#pragma once
#include <bight/core/thread_pool.hpp>
#include <bight/core/to_thread.hpp>
#include <bight/http/detail/to_handler.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <bight/http/url.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::http {

/// A copy of a request whose body has been read, for handlers that run on a thread.
class blocking_request {
 public:
  blocking_request(const server_request& request, std::string body);

  const http::method& method() const noexcept { return method_; }
  const std::string& target() const noexcept { return target_; }
  const std::string& path() const noexcept { return path_; }
  const http::query_params& query_params() const noexcept { return query_; }
  const http::headers& headers() const noexcept { return headers_; }
  const std::string& body() const noexcept { return body_; }
  const std::string& route() const noexcept { return route_; }
  /// As in server_request.
  std::string_view param(std::string_view name) const noexcept;
  template <class T>
  T param(std::string_view name) const {
    return detail::read_param<T>(name, param(name));
  }
  std::optional<std::string_view> cookie(std::string_view name) const noexcept;
  const net::endpoint& remote_endpoint() const noexcept { return remote_; }

 private:
  http::method method_;
  std::string target_;
  std::string path_;
  std::string route_;
  std::string body_;
  http::query_params query_;
  http::headers headers_;
  std::vector<std::pair<std::string, std::string>> params_;
  net::endpoint remote_;
};

namespace detail {

/// Runs `f` on a thread of `pool`, or of the process's if null.
template <class F>
class blocking_handler {
 public:
  blocking_handler(F f, thread_pool* pool) : f_(std::move(f)), pool_(pool) {}

  awaitable<server_response> operator()(server_request& request) {
    auto text = co_await request.text();
    const blocking_request copy{request, std::move(text)};
    const auto call = [this, &copy]() -> server_response {
      using result = decltype(call_with(f_, copy));
      if constexpr (std::is_void_v<result>) {
        call_with(f_, copy);
        return server_response{204};
      } else {
        return to_response(call_with(f_, copy));
      }
    };
    if (pool_) co_return co_await run_in_executor(*pool_, call);
    co_return co_await to_thread(call);
  }

 private:
  F f_;
  thread_pool* pool_;
};

}  // namespace detail

/// A handler that runs `f`, which may block, on a thread, so that the loop serves other requests meanwhile.
///
///     routes.post("/thumbnails", http::blocking([](const http::blocking_request& request) {
///       return render_thumbnail(request.body());
///     }));
///
/// `f` takes a `const blocking_request&` or nothing, and returns a server_response, a text, or nothing. It is
/// called on several threads at once. The body is read before, within the limit of the route. Threads: those
/// of `to_thread`, or of `pool`; requests that find all of them busy wait. Cancellation (a timeout of the
/// route, server::stop after its grace period): a call that has begun is awaited. Errors: what `f` throws, as
/// with other handlers. Lifetime: `pool` must outlive the handler.
template <class F>
  requires detail::response_function<F, const blocking_request>
auto blocking(F f) {
  return detail::blocking_handler<F>(std::move(f), nullptr);
}
template <class F>
  requires detail::response_function<F, const blocking_request>
auto blocking(thread_pool& pool, F f) {
  return detail::blocking_handler<F>(std::move(f), &pool);
}

}  // namespace bight::http
