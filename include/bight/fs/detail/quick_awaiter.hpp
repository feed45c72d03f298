// An operation that is over at once most of the time.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/promise.hpp>
#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace bight::fs::detail {

/// Awaits `Call`: `bool now(T&)` has the result, or else the coroutine `awaitable<T> later()` brings it; for
/// a T of void, now takes a monostate. What is there costs neither a suspension nor a frame; it counts
/// against the budget of the loop as any await.
template <class Call>
class quick_awaiter {
  using result_type = typename Call::result_type;
  using stored_type = std::conditional_t<std::is_void_v<result_type>, std::monostate, result_type>;

 public:
  explicit quick_awaiter(Call call) noexcept : call_(call) {}
  quick_awaiter(quick_awaiter&&) = default;  // before it is awaited only
  quick_awaiter& operator=(quick_awaiter&&) = delete;
  ~quick_awaiter() = default;

  void bind(bight::detail::promise_base& parent) noexcept { parent_ = &parent; }
  bool await_ready() {
    // With the budget used up the coroutine waits for its turn, as every one does.
    return --parent_->task().loop().budget >= 0 && call_.now(found_);
  }
  bool await_suspend(std::coroutine_handle<> frame) {
    auto work = call_.later();
    child_.emplace(bight::detail::awaitable_access::release(work), *parent_);
    return child_->await_suspend(frame);
  }
  result_type await_resume() {
    if (child_) return child_->await_resume();
    if constexpr (!std::is_void_v<result_type>) return std::move(found_);
  }

 private:
  class late_child : public std::optional<bight::detail::child_awaiter<result_type>> {
   public:
    late_child() = default;
    late_child(late_child&&) noexcept {}  // there is none yet
  };

  Call call_;
  bight::detail::promise_base* parent_ = nullptr;
  stored_type found_{};
  late_child child_;
};

/// What a function returns whose result a quick_awaiter awaits.
template <class Call>
class [[nodiscard("nothing happens until it is awaited")]] quick_operation {
 public:
  explicit quick_operation(Call call) noexcept : call_(call) {}
  quick_awaiter<Call> operator_co_await() && noexcept { return quick_awaiter<Call>{call_}; }

 private:
  Call call_;
};

}  // namespace bight::fs::detail
