// Functions as handlers: what they take and return is told from their type.
#pragma once
#include <bight/core/detail/traits.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/headers.hpp>
#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace bight::http::detail {

/// 200 with a text of type text/plain.
server_response text_response(std::string text);

/// What may become a response.
template <class T>
concept response_value =
    std::same_as<T, server_response> || std::is_void_v<T> || std::convertible_to<T, std::string_view>;

template <class T>
struct awaited {
  using type = T;
};
template <bight::detail::awaitable_type T>
struct awaited<T> {
  using type = std::remove_cvref_t<bight::detail::await_result_t<T>>;
};
/// The result of a function, awaited if it is a coroutine.
template <class R>
using awaited_t = typename awaited<R>::type;

template <class F, class Request>
concept takes_request = std::invocable<F&, Request&>;

template <class F, class Request>
decltype(auto) call_with(F& f, Request& request) {
  if constexpr (takes_request<F, Request>)
    return std::invoke(f, request);
  else
    return std::invoke(f);
}

template <class F, class Request>
concept response_function = (takes_request<F, Request> || std::invocable<F&>)&&requires(F& f, Request& r) {
  requires response_value<awaited_t<decltype(call_with(f, r))>>;
};

template <class T>
server_response to_response(T&& value) {
  if constexpr (std::same_as<std::remove_cvref_t<T>, server_response>)
    return std::forward<T>(value);
  else if constexpr (std::same_as<std::remove_cvref_t<T>, std::string>)
    return text_response(std::forward<T>(value));
  else
    return text_response(std::string{std::string_view{value}});
}

/// A function that is called on the loop, plain or a coroutine, as a coroutine.
template <class F>
awaitable<server_response> handle_with(F& f, server_request& request) {
  using result = decltype(call_with(f, request));
  if constexpr (bight::detail::awaitable_type<result>) {
    auto work = call_with(f, request);
    if constexpr (std::is_void_v<awaited_t<result>>) {
      co_await std::move(work);
      co_return server_response{204};
    } else {
      co_return to_response(co_await std::move(work));
    }
  } else if constexpr (std::is_void_v<result>) {
    call_with(f, request);
    co_return server_response{204};
  } else {
    co_return to_response(call_with(f, request));
  }
}

template <class F>
inline constexpr bool is_handler_already = requires(F& f, server_request& r) {
  { std::invoke(f, r) } -> std::same_as<awaitable<server_response>>;
};

template <class F>
handler to_handler(F f) {
  static_assert(
      response_function<F, server_request>,
      "a handler takes an http::server_request& or nothing, and returns an http::server_response, a "
      "text or nothing, or an awaitable of one of these");
  if constexpr (is_handler_already<F>)
    return handler{std::move(f)};
  else
    return [f = std::move(f)](server_request& request) mutable { return handle_with(f, request); };
}

}  // namespace bight::http::detail
