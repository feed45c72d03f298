// as_result: operational errors as values.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/traits.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace bight {

/// Awaits `work`. Returns its result, or the error code of the boost::system::system_error that it threw.
///
///     auto page = co_await bight::as_result(client.get(url));
///     if (!page) log(page.error().message());
///
/// All other exceptions, including cancellation, propagate. Precondition: the result is not a reference.
template <class A>
  requires detail::awaitable_type<A>
awaitable<boost::system::result<detail::await_result_t<A>>> as_result(A&& work) {
  return [](awaitable<detail::await_result_t<A>> inner)
             -> awaitable<boost::system::result<detail::await_result_t<A>>> {
    using result = boost::system::result<detail::await_result_t<A>>;
    try {
      if constexpr (std::is_void_v<detail::await_result_t<A>>) {
        co_await std::move(inner);
        co_return result{};
      } else {
        auto value = co_await std::move(inner);
        co_return result(std::move(value));
      }
    } catch (const boost::system::system_error& e) { co_return result{e.code()}; }
  }(detail::to_awaitable(std::forward<A>(work)));
}

}  // namespace bight
