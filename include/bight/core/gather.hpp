// gather: awaits several awaitables concurrently.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/gather_core.hpp>
#include <bight/core/detail/range.hpp>
#include <bight/core/detail/traits.hpp>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight {

/// Awaits all arguments concurrently and returns a tuple of their results. If one fails, the others are
/// cancelled and awaited, and the first error is thrown (asyncio.gather leaves them running).
///
///     auto [a, b] = co_await bight::gather(fetch(first), fetch(second));
///
/// Each argument runs as a task of its own. The first steps run in place, in order; if one fails, the
/// remaining arguments are not started. Results are in argument order, with std::monostate for void.
/// Cancellation: cancels and awaits all children, then throws the first error, or cancelled_error if none
/// failed, even if a cancelled child returned normally. If no child was cancelled (all had completed, or were
/// inside `uncancellable`), the results are returned, and the cancellation is delivered at the next await
/// that waits.
template <class... As>
  requires(detail::awaitable_type<As> && ...)
awaitable<std::tuple<detail::gathered_t<detail::await_result_t<As>>...>> gather(As&&... work) {
  return detail::gather_tuple(detail::to_awaitable(std::forward<As>(work))...);
}

/// Same for a range of awaitables, such as a std::vector. Returns a vector of the results, or nothing if they
/// are void.
///
///     std::vector<bight::awaitable<page>> pages;
///     for (auto& u : urls) pages.push_back(fetch(u));
///     std::vector<page> all = co_await bight::gather(std::move(pages));
template <detail::input_range R>
  requires detail::awaitable_type<detail::range_value_t<R>> && (!std::is_lvalue_reference_v<R>)
awaitable<detail::gathered_range_t<detail::await_result_t<detail::range_value_t<R>>>> gather(R&& work) {
  std::vector<awaitable<detail::await_result_t<detail::range_value_t<R>>>> list;
  list.reserve(detail::size_hint(work));
  for (auto&& w : work) list.push_back(detail::to_awaitable(std::move(w)));
  return detail::gather_vector(std::move(list));
}

}  // namespace bight
