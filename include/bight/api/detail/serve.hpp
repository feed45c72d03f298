// The handler of an operation: from request to values to response.
#pragma once
#include <array>
#include <bight/api/decoding_limits.hpp>
#include <bight/api/detail/dependency_set.hpp>
#include <bight/api/detail/operation_shape.hpp>
#include <bight/api/detail/result.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/generator.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/detail/to_handler.hpp>
#include <bight/http/multipart_form.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace bight::api::detail {

/// Reads the parameters and the body into the objects at `to`. Throws invalid_input with all that is wrong.
awaitable<void> decode(http::server_request& request, std::span<const parameter_shape> parameters,
                       std::span<void* const> to, const decoding_limits& limits,
                       const http::multipart_form_options& uploads);

/// `type` is null for a response without a body.
http::server_response json_reply(int status, const shape* type, const void* result);
http::server_response content_reply(const operation_info& info, content c);

/// The next item as JSON text; nullopt at the end.
struct text_item {
  text_item() {}
  std::string text;
  std::string type;
  std::string id;
};
using item_source = unique_function<awaitable<std::optional<text_item>>()>;
http::server_response lines_reply(http::server_request& request, const operation_info& info,
                                  item_source items);
http::server_response events_reply(http::server_request& request, item_source items);

template <class F, class Values, class Trailing>
inline constexpr bool takes_values = false;
template <class F, class... V, class... D>
inline constexpr bool takes_values<F, std::tuple<V...>, argument_list<D...>> = std::invocable<F&, V..., D...>;

template <class F, class Values, class Trailing>
struct handler_result;
template <class F, class... V, class... D>
struct handler_result<F, std::tuple<V...>, argument_list<D...>> {
  using type = std::invoke_result_t<F&, V..., D...>;
};

template <class Op, class F>
struct bound_operation {
  using values = typename Op::values_type;
  using result = typename Op::result_type;
  using trailing = trailing_arguments<F, std::tuple_size_v<values>>;
  static constexpr bool is_streamed =
      result_traits<result>::kind == result_kind::lines || result_traits<result>::kind == result_kind::events;

  static constexpr bool fits_arguments() {
    return are_injected(trailing{}) && takes_values<F, values, trailing>;
  }
  static constexpr bool fits() {
    if constexpr (fits_arguments()) {
      using returned = typename handler_result<F, values, trailing>::type;
      if constexpr (is_streamed && !std::is_void_v<typename generated<returned>::type>)
        return fits_result<returned, result>();
      else
        return fits_result<http::detail::awaited_t<returned>, result>();
    } else {
      return true;  // reported by the other check
    }
  }

  Op op;
  F f;
  std::shared_ptr<const dependency_set> dependencies;
  decoding_limits limits;
  http::multipart_form_options uploads;
  std::array<parameter_shape, std::tuple_size_v<values>> parameters = shapes_of_parameters(op);
};

template <class F, class... V, class... D>
decltype(auto) call_handler(F& f, std::tuple<V...>& values, http::server_request& request,
                            argument_list<D...>) {
  return std::apply(
      [&](auto&... v) -> decltype(auto) { return std::invoke(f, std::move(v)..., inject<D>(request)...); },
      values);
}

template <class... R>
http::server_response variant_reply(const std::variant<R...>& result) {
  return std::visit(
      [&](const auto& one) {
        using type = std::remove_cvref_t<decltype(one)>;
        if constexpr (std::is_void_v<typename type::body_type>)
          return json_reply(type::status, nullptr, nullptr);
        else
          return json_reply(type::status, &shape_of<typename type::body_type>(), &one.body);
      },
      result);
}

template <class R>
http::server_response reply_of(const operation_info& info, R result) {
  constexpr auto kind = result_traits<R>::kind;
  if constexpr (kind == result_kind::content)
    return content_reply(info, std::move(result));
  else if constexpr (kind == result_kind::replies)
    return variant_reply(result);
  else
    return json_reply(info.status, &shape_of<R>(), &result);
}

template <class T>
text_item text_of(const T& item) {
  text_item out;
  if constexpr (is_event<T>) {
    write_value(out.text, shape_of<decltype(T::data)>(), &item.data);
    out.type = item.type;
    out.id = item.id;
  } else {
    write_value(out.text, shape_of<T>(), &item);
  }
  return out;
}

template <class T>
awaitable<std::optional<text_item>> next_item(generator<T>& items) {
  const auto item = co_await items.next();
  std::optional<text_item> out;
  if (item) out.emplace(text_of(*item));
  co_return out;
}
template <class T, class Values>
struct generated_items {
  std::shared_ptr<Values> values;  // which the generator may refer to: destroyed after it
  generator<T> items;
  awaitable<std::optional<text_item>> operator()() { return next_item(items); }
};
template <class T, class Values>
item_source source_of(generator<T> items, std::shared_ptr<Values> values) {
  return generated_items<T, Values>{std::move(values), std::move(items)};
}

template <class Op, class F>
http::server_response stream_of(bound_operation<Op, F>& b, http::server_request& request, item_source items) {
  if constexpr (result_traits<typename bound_operation<Op, F>::result>::kind == result_kind::lines)
    return lines_reply(request, b.op.info(), std::move(items));
  else
    return events_reply(request, std::move(items));
}

/// The response without the fields that handlers have set.
template <class Op, class F>
awaitable<http::server_response> answer(bound_operation<Op, F>& b, http::server_request& request) {
  using bound = bound_operation<Op, F>;
  using result = typename bound::result;
  using returned = typename handler_result<F, typename bound::values, typename bound::trailing>::type;
  constexpr typename bound::trailing trailing;
  const auto& info = b.op.info();
  if constexpr (bound::is_streamed) {
    // On the heap: the generator runs while the response is sent.
    const auto values = std::make_shared<typename bound::values>(initial_values(b.op));
    const auto to = addresses_of(*values);
    co_await decode(request, b.parameters, to, b.limits, b.uploads);
    if constexpr (bight::detail::awaitable_type<returned> &&
                  std::is_void_v<typename generated<returned>::type>) {
      auto work = call_handler(b.f, *values, request, trailing);
      auto items = co_await std::move(work);
      co_return stream_of(b, request, source_of(std::move(items), values));
    } else {
      co_return stream_of(b, request, source_of(call_handler(b.f, *values, request, trailing), values));
    }
  } else {
    auto values = initial_values(b.op);
    const auto to = addresses_of(values);
    co_await decode(request, b.parameters, to, b.limits, b.uploads);
    if constexpr (bight::detail::awaitable_type<returned>) {
      auto work = call_handler(b.f, values, request, trailing);
      if constexpr (std::is_void_v<result>) {
        co_await std::move(work);
        co_return json_reply(info.status, nullptr, nullptr);
      } else {
        auto given = co_await std::move(work);
        co_return reply_of<result>(info, std::move(given));
      }
    } else if constexpr (std::is_void_v<result>) {
      call_handler(b.f, values, request, trailing);
      co_return json_reply(info.status, nullptr, nullptr);
    } else {
      co_return reply_of<result>(info, call_handler(b.f, values, request, trailing));
    }
  }
}

template <class Op, class F>
awaitable<http::server_response> serve(bound_operation<Op, F>& b, http::server_request& request) {
  // Dependencies first: who may not ask is not told what is wrong with the question.
  constexpr auto keys = keys_of(typename bound_operation<Op, F>::trailing{});
  co_await resolve_required(request, b.op.info(), *b.dependencies);
  co_await resolve(request, b.op.info(), *b.dependencies, keys);
  auto response = co_await answer(b, request);
  add_response_fields(request, response);
  co_return response;
}

}  // namespace bight::api::detail
