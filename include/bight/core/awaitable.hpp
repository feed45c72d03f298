// awaitable<T>: the return type of a coroutine.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/promise.hpp>
#include <coroutine>
#include <utility>

namespace bight {

/// A lazy coroutine that produces a T: it does not start until it is awaited.
///
///     bight::awaitable<int> answer() { co_return 42; }
///     int n = co_await answer();
///
/// T may be void, a reference or move-only, and need not be default-constructible. An awaitable is awaited at
/// most once, as `co_await f()` or `co_await std::move(a)`. It runs in the task that awaits it; a child that
/// does not suspend costs no turn of the loop.
///
/// An awaitable can await other awaitables, tasks, bight's primitives, user-defined awaiters (awaiter.hpp),
/// objects with a member `awaitable<T> as_awaitable() &&` such as http::request_builder, and, with
/// <bight/asio.hpp>, all Asio operations.
///
/// Lifetime: parameters are stored in the coroutine frame; pass them by value, or make sure that what they
/// refer to outlives the coroutine. The captures of a lambda are stored in the lambda object, which must
/// outlive the coroutine; `spawn` and `task_group::spawn` keep the callable alive. Cancellation: is thrown at
/// the innermost await that is waiting; see cancel.hpp. Errors: exceptions that leave the body are thrown by
/// `co_await`; errc::no_value if the body of an awaitable<T> ends without `co_return`; recursion_error if
/// more than 10,000 awaitables nest.
template <class T>
class [[nodiscard("an awaitable does nothing until it is awaited")]] awaitable {
 public:
  using promise_type = detail::promise<T>;
  using value_type = T;

  awaitable(awaitable&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  awaitable& operator=(awaitable&& other) noexcept {
    if (auto old = std::exchange(frame_, std::exchange(other.frame_, nullptr))) drop(old);
    return *this;
  }
  ~awaitable() {
    if (frame_) drop(frame_);
  }

  /// False once it has been awaited or moved from.
  bool valid() const noexcept { return static_cast<bool>(frame_); }

 private:
  friend class detail::promise<T>;
  friend struct detail::awaitable_access;
  explicit awaitable(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  static void drop(std::coroutine_handle<promise_type> frame) noexcept {
    frame.promise().report_unawaited();
    frame.destroy();
  }

  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T>
awaitable<T> promise<T>::get_return_object() noexcept {
  return awaitable<T>{std::coroutine_handle<promise<T>>::from_promise(*this)};
}

inline awaitable<void> promise<void>::get_return_object() noexcept {
  return awaitable<void>{std::coroutine_handle<promise<void>>::from_promise(*this)};
}

}  // namespace detail
}  // namespace bight
