// gather: several awaitables at once.
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

/// Awaits all of them concurrently and returns a tuple of their results; when one fails, cancels the others,
/// waits for them, and throws the first error (asyncio.gather leaves them running; here nothing outlives what
/// it refers to).
///
///     auto [a, b] = co_await bight::gather(fetch(first), fetch(second));
///
/// Each argument runs as a task of its own. First steps run in place, in order; one that fails keeps the rest
/// from being entered. Results are in argument order; std::monostate stands for void. Cancellation: cancels
/// all and waits for them; then cancelled_error, also if a child that it struck returned all the same, or the
/// first error if one failed. Results that came before it, or behind a mask, are not lost: when it struck no
/// child, they are returned. In these cases it strikes at the next await that waits.
template <class... As>
  requires(detail::awaitable_type<As> && ...)
awaitable<std::tuple<detail::gathered_t<detail::await_result_t<As>>...>> gather(As&&... work) {
  return detail::gather_tuple(detail::to_awaitable(std::forward<As>(work))...);
}

/// The same for a range of awaitables, a std::vector for one; gives a vector of the results, or nothing if
/// they are void.
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
