// settled<T>, gather_settled: all results, including errors.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/range.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/gather.hpp>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace bight {

/// The outcome of an awaitable: a value, an error or a cancellation. The value is std::monostate for void and
/// a std::reference_wrapper for a reference.
///
///     auto [a, b] = co_await bight::gather_settled(fetch(first), fetch(second));
///     if (a) use(*a); else complain(a.error());
template <class T>
class settled {
 public:
  using value_type = T;

  explicit settled(detail::stored_t<T> value) : result_(std::in_place_index<0>, std::move(value)) {}
  explicit settled(std::exception_ptr error) : result_(std::in_place_index<1>, std::move(error)) {}

  /// Whether there is a value.
  bool has_value() const noexcept { return result_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  /// The value. Throws the error if there is none.
  detail::stored_t<T>& value() & {
    if (!has_value()) std::rethrow_exception(error());
    return std::get<0>(result_);
  }
  const detail::stored_t<T>& value() const& {
    if (!has_value()) std::rethrow_exception(error());
    return std::get<0>(result_);
  }
  detail::stored_t<T> value() && { return std::move(value()); }
  /// Precondition: has_value().
  detail::stored_t<T>& operator*() noexcept { return *std::get_if<0>(&result_); }
  const detail::stored_t<T>& operator*() const noexcept { return *std::get_if<0>(&result_); }
  auto* operator->() noexcept { return std::get_if<0>(&result_); }
  const auto* operator->() const noexcept { return std::get_if<0>(&result_); }
  /// The error; null if there is a value. A cancelled_error if it was cancelled.
  std::exception_ptr error() const noexcept {
    const auto* const e = std::get_if<1>(&result_);
    return e ? *e : nullptr;
  }

 private:
  std::variant<detail::stored_t<T>, std::exception_ptr> result_;
};

namespace detail {

template <class T>
awaitable<settled<T>> settle(awaitable<T> work) {
  std::exception_ptr error;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(work);
      co_return settled<T>{std::monostate{}};
    } else {
      T value = co_await std::move(work);
      co_return settled<T>{static_cast<stored_t<T>>(std::forward<T>(value))};
    }
  } catch (...) { error = std::current_exception(); }
  co_return settled<T>{std::move(error)};
}

/// Throws if a cancellation of the task is pending, which its children have swallowed.
void require_not_cancelled(task_base& t, const char* doing);

template <class... Ts>
awaitable<std::tuple<settled<Ts>...>> gather_settled_tuple(awaitable<Ts>... work) {
  task_awaiter self;
  auto& task = co_await self;
  auto results = co_await gather_tuple(settle(std::move(work))...);
  require_not_cancelled(task, "gather_settled");
  co_return results;
}

template <class T>
awaitable<std::vector<settled<T>>> gather_settled_vector(std::vector<awaitable<settled<T>>> work) {
  task_awaiter self;
  auto& task = co_await self;
  auto results = co_await gather_vector(std::move(work));
  require_not_cancelled(task, "gather_settled");
  co_return results;
}

}  // namespace detail

/// Awaits all arguments concurrently and returns a tuple of their outcomes (asyncio.gather with
/// return_exceptions=True); an error does not cancel the others.
///
/// Cancellation: cancels and awaits all, then throws cancelled_error.
template <class... As>
  requires(detail::awaitable_type<As> && ...)
awaitable<std::tuple<settled<detail::await_result_t<As>>...>> gather_settled(As&&... work) {
  return detail::gather_settled_tuple(detail::to_awaitable(std::forward<As>(work))...);
}

/// Same for a range of awaitables. Returns a vector.
template <detail::input_range R>
  requires detail::awaitable_type<detail::range_value_t<R>> && (!std::is_lvalue_reference_v<R>)
awaitable<std::vector<settled<detail::await_result_t<detail::range_value_t<R>>>>> gather_settled(R&& work) {
  using result = detail::await_result_t<detail::range_value_t<R>>;
  std::vector<awaitable<settled<result>>> list;
  list.reserve(detail::size_hint(work));
  for (auto&& w : work) list.push_back(detail::settle(detail::to_awaitable(std::move(w))));
  return detail::gather_settled_vector(std::move(list));
}

}  // namespace bight
