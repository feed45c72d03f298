// The handler of an operation: from request to values to response.
#pragma once
#include <bight/api/decoding_limits.hpp>
#include <bight/api/detail/dependency_set.hpp>
#include <bight/api/detail/operation_shape.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/http/detail/to_handler.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <concepts>
#include <functional>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bight::api::detail {

/// Reads the parameters and the body into the objects at `to`. Throws invalid_input with all that is wrong.
awaitable<void> decode(http::server_request& request, std::span<const parameter_shape> parameters,
                       std::span<void* const> to, decoding_limits limits);
http::server_response json_reply(const operation_info& info, const shape& type, const void* result);

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

template <class Given, class Declared>
concept fits_result = (std::is_void_v<Declared> && std::is_void_v<Given>) ||
                      (!std::is_void_v<Declared> && std::convertible_to<Given, Declared>);

template <class Op, class F>
struct bound_operation {
  using values = typename Op::values_type;
  using result = typename Op::result_type;
  using trailing = trailing_arguments<F, std::tuple_size_v<values>>;

  static constexpr bool fits_arguments() {
    return are_injected(trailing{}) && takes_values<F, values, trailing>;
  }
  static constexpr bool fits() {
    if constexpr (fits_arguments())
      return fits_result<http::detail::awaited_t<typename handler_result<F, values, trailing>::type>, result>;
    else
      return true;  // reported by the other check
  }

  Op op;
  F f;
  std::shared_ptr<const dependency_set> dependencies;
  decoding_limits limits;
  std::array<parameter_shape, std::tuple_size_v<values>> parameters = shapes_of_parameters(op);
};

template <class F, class... V, class... D>
decltype(auto) call_handler(F& f, std::tuple<V...>& values, http::server_request& request,
                            argument_list<D...>) {
  return std::apply(
      [&](auto&... v) -> decltype(auto) { return std::invoke(f, std::move(v)..., inject<D>(request)...); },
      values);
}

template <class Op, class F>
awaitable<http::server_response> serve(bound_operation<Op, F>& b, http::server_request& request) {
  using bound = bound_operation<Op, F>;
  using result = typename bound::result;
  constexpr typename bound::trailing trailing;
  // Dependencies first: who may not ask is not told what is wrong with the question.
  constexpr auto keys = keys_of(trailing);
  co_await resolve(request, *b.dependencies, keys);
  auto values = initial_values(b.op);
  const auto to = addresses_of(values);
  co_await decode(request, b.parameters, to, b.limits);
  using returned = typename handler_result<F, typename bound::values, typename bound::trailing>::type;
  if constexpr (bight::detail::awaitable_type<returned>) {
    auto work = call_handler(b.f, values, request, trailing);
    if constexpr (std::is_void_v<result>) {
      co_await std::move(work);
      co_return http::server_response{b.op.info().status};
    } else {
      auto given = co_await std::move(work);
      const result out = std::move(given);
      co_return json_reply(b.op.info(), shape_of<result>(), &out);
    }
  } else if constexpr (std::is_void_v<result>) {
    call_handler(b.f, values, request, trailing);
    co_return http::server_response{b.op.info().status};
  } else {
    const result out = call_handler(b.f, values, request, trailing);
    co_return json_reply(b.op.info(), shape_of<result>(), &out);
  }
}

}  // namespace bight::api::detail
