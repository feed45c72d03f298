// client: calls the operations of an API.
#pragma once
#include <array>
#include <bight/api/content.hpp>
#include <bight/api/detail/operation_shape.hpp>
#include <bight/api/detail/reading.hpp>
#include <bight/api/detail/result.hpp>
#include <bight/api/operation.hpp>
#include <bight/api/problem.hpp>
#include <bight/api/stream.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/generator.hpp>
#include <bight/http/client.hpp>
#include <bight/http/request_builder.hpp>
#include <bight/http/response.hpp>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace bight::api {

namespace detail {

/// The request of a call; null for parameters that are not sent.
http::request_builder draft(const http::client& c, std::string_view base, const operation_info& info,
                            std::span<const parameter_shape> parameters, std::span<const void* const> values);
/// Throws std::out_of_range.
[[noreturn]] void argument_is_missing(const operation_info& info);
/// "GET /items/{id}".
std::string operation_name(const operation_info& info);
/// The response; throws problem for errors.
awaitable<http::response> fetch(http::request_builder request, operation_info info);
/// The body of the response and its status.
struct received {
  received(int code, std::string content) : status(code), text(std::move(content)) {}
  int status;
  std::string text;
};
awaitable<received> fetch_text(http::request_builder request, operation_info info);
/// Reads the result; throws problem.
void read_result(const shape& type, void* to, const received& r, const operation_info& info);
[[noreturn]] void undeclared_status(const received& r, const operation_info& info);
content content_of(http::response r);

template <class Variant, std::size_t I>
bool read_alternative(Variant& to, const received& r, const operation_info& info) {
  using alternative = std::variant_alternative_t<I, Variant>;
  if (r.status != alternative::status) return false;
  [[maybe_unused]] auto& one = to.template emplace<I>();
  if constexpr (!std::is_void_v<typename alternative::body_type>)
    read_result(shape_of<typename alternative::body_type>(), &one.body, r, info);
  return true;
}
template <class Variant>
void read_reply(Variant& to, const received& r, const operation_info& info) {
  const bool known = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (read_alternative<Variant, I>(to, r, info) || ...);
  }(std::make_index_sequence<std::variant_size_v<Variant>>{});
  if (!known) undeclared_status(r, info);
}

template <class R>
awaitable<R> receive(http::request_builder request, operation_info info) {
  constexpr auto kind = result_traits<R>::kind;
  if constexpr (kind == result_kind::lines) {
    auto response = co_await fetch(std::move(request), info);
    co_return R{line_source{std::move(response), operation_name(info)}};
  } else if constexpr (kind == result_kind::events) {
    auto response = co_await fetch(std::move(request), info);
    co_return R{http::event_source{std::move(response)}, operation_name(info)};
  } else if constexpr (kind == result_kind::content) {
    auto response = co_await fetch(std::move(request), info);
    co_return content_of(std::move(response));
  } else {
    const auto response = co_await fetch_text(std::move(request), info);
    if constexpr (kind == result_kind::replies) {
      R out{};
      read_reply(out, response, info);
      co_return out;
    } else if constexpr (kind == result_kind::json) {
      R out{};
      read_result(shape_of<R>(), &out, response, info);
      co_return out;
    }
  }
}

template <class Values, class... A>
inline constexpr bool takes_arguments = false;
template <class... V, class... A>
  requires(sizeof...(A) <= sizeof...(V))
inline constexpr bool takes_arguments<std::tuple<V...>, A...> =
    []<std::size_t... I>(std::index_sequence<I...>) {
      return (std::convertible_to<A, std::tuple_element_t<I, std::tuple<V...>>> && ...);
    }(std::make_index_sequence<sizeof...(A)>{});

template <std::size_t Given, class... P>
constexpr bool rest_may_be_absent(const std::tuple<P...>& parameters) {
  std::size_t index = 0;
  bool all = true;
  const auto look = [&](const auto& p) { all = all && (index++ < Given || !shape_of_parameter(p).required); };
  std::apply([&](const auto&... p) { (look(p), ...); }, parameters);
  return all;
}

}  // namespace detail

/// Calls the operations of an API, with the values of their parameters as arguments.
///
///     http::client web;
///     api::client shop{web, "https://shop.example"};
///     auto found = co_await shop.call(get_item, 7, true);
///     co_await shop.call(remove_item, 7);
///
/// A result that is a std::variant of `reply` is the one of the response's status. `lines`, `events` and
/// `content` are read from the open response.
///
/// Everything else is that of the http::client: pool, timeouts, retries, credentials, cookies. Copies share
/// it.
class client {
 public:
  /// `base` is the URL below which the API is; empty: client_options::base_url.
  explicit client(http::client c, std::string base = {});

  /// Sends the request of an operation. The last arguments may be left out if their parameters may be absent;
  /// they are not sent then. Name an aggregate before it is passed, as in any expression that awaits.
  /// Returns: the result. Errors: api::problem; std::invalid_argument for a path parameter that is empty, "."
  /// or "..", and std::out_of_range for a required parameter that is left out; those of http::client.
  /// Cancellation: as http::client.
  template <class R, class... P, class... A>
  [[nodiscard]] awaitable<R> call(const operation<R, P...>& op, const A&... arguments) const {
    using values_type = typename operation<R, P...>::values_type;
    static_assert(detail::takes_arguments<values_type, A...>,
                  "a call takes the values of the operation's parameters, in the order of the declaration");
    if constexpr (detail::takes_arguments<values_type, A...>) {
      if (!detail::rest_may_be_absent<sizeof...(A)>(op.parameters())) detail::argument_is_missing(op.info());
      return [&]<std::size_t... I>(std::index_sequence<I...>) {
        const std::tuple<std::tuple_element_t<I, values_type>...> values(arguments...);
        std::array<const void*, sizeof...(P)> sent{static_cast<const void*>(&std::get<I>(values))...};
        const auto parameters = detail::shapes_of_parameters(op);
        return detail::receive<R>(detail::draft(http_, base_, op.info(), parameters, sent), op.info());
      }(std::make_index_sequence<sizeof...(A)>{});
    }
  }

  /// All items of an operation whose result is a `page` and whose last parameter is where it begins, as a
  /// std::optional: page after page, each asked for when it is needed. `arguments` are those before. Errors:
  /// as call. Lifetime: independent of this object.
  ///
  ///     auto notes = client.all(list_notes, 100);
  ///     auto one = co_await notes.next();
  ///     while (one) { use(*one); one = co_await notes.next(); }
  template <class R, class... P, class... A>
  [[nodiscard]] generator<typename R::item_type> all(const operation<R, P...>& op, A... arguments) const {
    using values_type = typename operation<R, P...>::values_type;
    static_assert(sizeof...(A) + 1 == sizeof...(P),
                  "all takes the values of the parameters before the last one");
    static_assert(std::same_as<std::tuple_element_t<sizeof...(P) - 1, values_type>,
                               std::optional<typename R::cursor_type>>,
                  "the last parameter of the operation is a std::optional of the page's cursor");
    return pages(*this, op, std::tuple<A...>(std::move(arguments)...));
  }

 private:
  template <class R, class... P, class... A>
  static generator<typename R::item_type> pages(client self, operation<R, P...> op,
                                                std::tuple<A...> arguments) {
    std::optional<typename R::cursor_type> next;
    do {
      const auto ask = [&](const A&... a) { return self.call(op, a..., next); };
      auto work = std::apply(ask, arguments);
      auto part = co_await std::move(work);
      for (auto& item : part.items) co_yield std::move(item);
      next = std::move(part.next);
    } while (next);
  }

  http::client http_;
  std::string base_;
};

}  // namespace bight::api
