// generator<T>: an asynchronous generator.
#pragma once
#include <bight/core/detail/generator_promise.hpp>
#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

namespace bight {

/// A coroutine that uses `co_yield` and `co_await` (Python's asynchronous generator). It does not start until
/// an item is requested.
///
///     bight::generator<row> rows(table& t) {
///       for (int n = 0; n != t.pages(); ++n) {
///         auto page = co_await t.fetch(n);
///         for (auto& r : page) co_yield std::move(r);
///       }
///     }
///
///     auto all = rows(t);
///     auto r = co_await all.next();
///     while (r) {
///       use(*r);
///       r = co_await all.next();
///     }
///
/// T may be move-only. For T&, items are returned as pointers, null at the end, valid until the next `next`.
/// With GCC 12, pass a named object or a constructor call to `co_yield`, not a braced aggregate, which is
/// destroyed twice.
///
/// It runs in the task that awaits `next`, with the limits of an awaitable (recursion_error if more than
/// 10,000 nest). `next` may be called from different tasks, one at a time. Cancellation: is thrown at the
/// await inside the generator and leaves `next` unless the generator handles it; if it is delivered before
/// the generator is resumed, the generator is unchanged. Errors: an exception that leaves the body is thrown
/// by `next`; later calls return nullopt. Lifetime: as for the parameters of an awaitable. Destroying a
/// generator between two items destroys its locals; destroying it while `next` is waiting terminates the
/// program.
template <class T>
class [[nodiscard("a generator does nothing until an item is asked for")]] generator {
 public:
  static_assert(!std::is_void_v<T> && !std::is_rvalue_reference_v<T>, "a generator of values or T&");
  using promise_type = detail::generator_promise<T>;
  using value_type = T;

  /// The result of `next`; await it immediately.
  class [[nodiscard("next() does nothing until it is awaited")]] next_operation {
   public:
    detail::next_awaiter<T> operator_co_await() && noexcept { return detail::next_awaiter<T>{*generator_}; }

   private:
    friend class generator;
    explicit next_operation(generator& g) noexcept : generator_(&g) {}
    generator* generator_;
  };

  generator(generator&& other) noexcept
      : frame_(std::exchange(other.frame_, nullptr)), waiter_(std::exchange(other.waiter_, nullptr)) {
    if (waiter_) waiter_->generator_ = this;
  }
  generator& operator=(generator&& other) noexcept {
    generator old{std::move(*this)};
    frame_ = std::exchange(other.frame_, nullptr);
    waiter_ = std::exchange(other.waiter_, nullptr);
    if (waiter_) waiter_->generator_ = this;
    return *this;
  }
  ~generator() {
    if (waiter_) [[unlikely]]
      abandon_waiter();
    drop_frame();
  }

  /// Runs the body to its next `co_yield` and returns the item; nullopt once the body has ended. Errors:
  /// std::logic_error if another `next` is waiting.
  next_operation next() noexcept { return next_operation{*this}; }
  /// Whether the body has ended or the generator was moved from.
  bool done() const noexcept { return !frame_; }

 private:
  friend class detail::generator_promise<T>;
  friend class detail::next_awaiter<T>;
  explicit generator(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  void drop_frame() noexcept {
    waiter_ = nullptr;
    if (auto f = std::exchange(frame_, nullptr)) f.destroy();
  }
  // A task waits in next(): allowed only while the loop destroys its tasks.
  void abandon_waiter() noexcept {
    if (!frame_.promise().task().loop().closing) detail::terminate_destroyed_generator();
    waiter_->generator_ = nullptr;
  }
  detail::generated_t<T> take() {
    waiter_ = nullptr;
    auto& p = frame_.promise();
    if (p.has_item()) [[likely]]
      return p.take_item();
    auto error = p.take_error();
    if (frame_.done()) drop_frame();  // otherwise it was not resumed
    if (error) std::rethrow_exception(std::move(error));
    return {};
  }

  std::coroutine_handle<promise_type> frame_;
  detail::next_awaiter<T>* waiter_ = nullptr;
};

namespace detail {
template <class T>
generator<T> generator_promise<T>::get_return_object() noexcept {
  return generator<T>{std::coroutine_handle<generator_promise>::from_promise(*this)};
}
}  // namespace detail

}  // namespace bight
