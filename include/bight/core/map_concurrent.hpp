// map_concurrent: a function of each element of a range, with a concurrency limit.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/map_workers.hpp>
#include <bight/core/detail/range.hpp>
#include <cstddef>
#include <utility>

namespace bight {

/// Awaits `f(element)` for each element of a range, at most `limit` concurrently. Returns the results in
/// order, or nothing if they are void. If a call fails, starts no more, cancels and awaits the running ones,
/// and throws the first error.
///
///     std::vector<page> pages = co_await bight::map_concurrent(urls, 8, fetch);
///     co_await bight::map_concurrent(pages, 4, [&](const page& p) { return store.put(p); });
///
/// The range is read as slots become free; it may be an input range, a generator or infinite. An lvalue range
/// must outlive the call, an rvalue is stored. `f` is stored, and called with the element itself, or with a
/// copy for input ranges. Results may be references (returned as a vector of reference_wrapper) or move-only.
/// Calls that never suspend run in place, one after another.
///
/// For work that arrives later, see `queue` and `workers`; for a few different operations, see `gather`.
/// Cancellation: starts no more calls, cancels and awaits the running ones, then throws the first error, or
/// cancelled_error if none failed. If all elements have been processed anyway, the results are
/// returned, and the request is delivered at the next await that waits. Errors: those of `f` and of the
/// range; std::invalid_argument if `limit` is 0.
template <detail::input_range R, class F, class V = detail::kept_range<R>>
  requires detail::awaitable_type<detail::map_call_t<V, F>>
awaitable<detail::gathered_range_t<detail::map_element_t<V, F>>> map_concurrent(R&& range, std::size_t limit,
                                                                                F f) {
  detail::require_limit(limit, "bight: map_concurrent: the limit must be at least 1, not 0");
  return detail::map_with_workers<V, F>(V(std::forward<R>(range)), limit, std::move(f));
}

}  // namespace bight
