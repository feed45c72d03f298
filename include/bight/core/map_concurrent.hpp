// map_concurrent: the same for every element of a range, so many at a time.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/map_crew.hpp>
#include <bight/core/detail/range.hpp>
#include <cstddef>
#include <utility>

namespace bight {

/// Awaits `f(element)` for every element, at most `limit` at a time, and returns the results in the order of
/// the range; nothing if they are void. When one fails, starts no more, cancels those that run, waits for
/// them, and throws the first error.
///
///     std::vector<page> pages = co_await bight::map_concurrent(urls, 8, fetch);
///     co_await bight::map_concurrent(pages, 4, [&](const page& p) { return store.put(p); });
///
/// The range is read when there is room to start the next: it may be an input range, a generator, or endless
/// until something fails. An lvalue must outlive the call, an rvalue is kept. `f` is kept, too, and called
/// with the element itself, or with a copy of what an input range gave. Results may be references (gives a
/// vector of reference_wrapper) or move-only. Work that never waits runs in place, one after another.
///
/// For work that arrives later, see `queue` and `workers`; for a few different things, `gather`.
/// Cancellation: starts no more, cancels those that run and waits for them; then cancelled_error, or the
/// first error if one failed. If every element was done in spite of it, the results are returned and the
/// request stays due. Errors: those of f and of the range; std::invalid_argument for a limit of zero.
template <detail::input_range R, class F, class V = detail::kept_range<R>>
  requires detail::awaitable_type<detail::map_call_t<V, F>>
awaitable<detail::gathered_range_t<detail::map_element_t<V, F>>> map_concurrent(R&& range, std::size_t limit,
                                                                                F f) {
  detail::require_limit(limit, "bight: map_concurrent: the limit must be at least 1, not 0");
  return detail::map_in_crew<V, F>(V(std::forward<R>(range)), limit, std::move(f));
}

}  // namespace bight
