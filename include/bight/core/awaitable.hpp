// awaitable<T>: the return type of a coroutine.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/promise.hpp>
#include <coroutine>
#include <utility>

namespace bight {

/// A coroutine that produces a T when it is awaited, and does nothing before.
///
///     bight::awaitable<int> answer() { co_return 42; }
///     int n = co_await answer();
///
/// T may be void, a reference, move-only, and need not be default-constructible. An awaitable is awaited at
/// most once: `co_await f()`, or `co_await std::move(a)`. It runs in the task that awaits it, without a task
/// of its own: a child that does not wait costs no turn of the loop.
///
/// Inside it one may await: other awaitables, tasks, the primitives of bight, awaiters of one's own
/// (awaiter.hpp), objects with a member `awaitable<T> as_awaitable() &&` such as http::request_builder, and
/// with <bight/asio.hpp> every Asio operation.
///
/// Lifetime: parameters live in the coroutine's frame, so take them by value or make sure that what they
/// refer to lives longer. A lambda's captures live in the lambda object, which must live as long as the
/// coroutine runs: `spawn` and `task_group::spawn` keep the callable for it. Cancellation: strikes at the
/// await inside that waits; see cancel.hpp. Errors: what leaves the body is thrown by the `co_await`;
/// errc::no_value if the body of an awaitable<T> ends without `co_return`;
/// recursion_error when 10,000 awaitables nest.
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

  /// True until it was moved from or awaited.
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
