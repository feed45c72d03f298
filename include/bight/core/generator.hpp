// generator<T>: a coroutine that produces items one by one.
#pragma once
#include <bight/core/detail/generator_promise.hpp>
#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

namespace bight {

/// A coroutine with `co_yield` and `co_await` in it (Python's asynchronous generator). It does nothing until
/// an item is asked for.
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
/// T may be move-only. Of a T& the items are pointers, null at the end; they are good until the next `next`.
/// With GCC 12, give `co_yield` a name or a constructor call, not a braced aggregate: it destroys that twice.
///
/// It runs in the task that awaits `next`, as an awaitable does, and with the same limits (recursion_error
/// when 10,000 nest). Each `next` may come from another task, but one at a time. Cancellation: strikes inside
/// the generator, at the await where it waits, and leaves `next` unless the generator handles it; one that
/// strikes before the generator goes on leaves it as it was. Errors: what leaves the body leaves `next`;
/// after that `next` gives nothing. Lifetime: as of an awaitable's parameters. Destroying a generator between
/// two items destroys what lives in its body; destroying it while a `next` waits ends the program.
template <class T>
class [[nodiscard("a generator does nothing until an item is asked for")]] generator {
 public:
  static_assert(!std::is_void_v<T> && !std::is_rvalue_reference_v<T>, "a generator of values or T&");
  using promise_type = detail::generator_promise<T>;
  using value_type = T;

  /// What `next` returns: await it at once.
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
      desert();
    drop_frame();
  }

  /// Runs the body up to its next `co_yield` and gives the item; empty once the body has ended. Errors:
  /// std::logic_error while another `next` waits.
  next_operation next() noexcept { return next_operation{*this}; }
  /// True once the body has ended, or the generator was moved from: `next` gives nothing.
  bool done() const noexcept { return !frame_; }

 private:
  friend class detail::generator_promise<T>;
  friend class detail::next_awaiter<T>;
  explicit generator(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  void drop_frame() noexcept {
    waiter_ = nullptr;
    if (auto f = std::exchange(frame_, nullptr)) f.destroy();
  }
  // Somebody waits for the next item: allowed while the loop destroys its tasks.
  void desert() noexcept {
    if (!frame_.promise().task().loop().closing) detail::die_of_destroyed_generator();
    waiter_->generator_ = nullptr;
  }
  detail::generated_t<T> take() {
    waiter_ = nullptr;
    auto& p = frame_.promise();
    if (p.has_item()) [[likely]]
      return p.take_item();
    auto error = p.take_error();
    if (frame_.done()) drop_frame();  // or else it was not resumed at all
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
