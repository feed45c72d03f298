// The promise of generator<T>, which resumes its awaiter at every co_yield.
#pragma once
#include <bight/core/detail/promise.hpp>
#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

namespace bight {
template <class T>
class generator;
}

namespace bight::detail {

[[noreturn]] void throw_second_next();
[[noreturn]] void terminate_destroyed_generator() noexcept;

/// The result of next(): optional<T>, or a pointer for references.
template <class T>
struct generated {
  using type = std::optional<T>;
};
template <class T>
struct generated<T&> {
  using type = T*;
};
template <class T>
using generated_t = typename generated<T>::type;

template <class T>
class generator_promise final : public promise_base {
 public:
  explicit generator_promise(std::source_location where = std::source_location::current()) noexcept
      : promise_base(where) {
    static_assert(alignof(generator_promise) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
                  "the items of a generator may not be over-aligned");
  }
  generator<T> get_return_object() noexcept;
  void return_void() noexcept {}

  struct yield_awaiter {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<generator_promise> self) const noexcept {
      self.promise().ended();  // the frame stays
    }
    void await_resume() const noexcept {}
  };
  template <class U = std::remove_cvref_t<T>>
    requires std::convertible_to<U&&, T>
  yield_awaiter yield_value(U&& item) {
    item_.emplace(std::forward<U>(item));
    return {};
  }

  // For next_awaiter.

  /// Runs to the next item on behalf of the awaiting coroutine. Returns true if it has to wait.
  bool advance(promise_base& parent) noexcept {
    parent_ = &parent;
    task_ = parent.task_;
    depth_ = parent.depth_ + 1;
    if (--task_->loop().budget < 0 || depth_ > max_depth) [[unlikely]]
      return defer_start();
    return !start_in_place(self()) && !item_.full();
  }
  bool has_item() const noexcept { return item_.full(); }
  generated_t<T> take_item() {
    if constexpr (std::is_reference_v<T>) {
      T item = item_.take();
      item_.reset();
      return std::addressof(item);
    } else {
      generated_t<T> item{item_.take()};
      item_.reset();
      return item;
    }
  }
  std::exception_ptr take_error() noexcept {
    cancelled_ = false;
    return std::exchange(error_, nullptr);
  }

 private:
  std::coroutine_handle<generator_promise> self() noexcept {
    return std::coroutine_handle<generator_promise>::from_promise(*this);
  }
  void run() noexcept override { run_deferred(self()); }

  result_slot<T> item_;
};

/// `co_await g.next()`.
template <class T>
class next_awaiter {
 public:
  explicit next_awaiter(generator<T>& g) noexcept : generator_(&g) {}
  next_awaiter(next_awaiter&&) = default;  // before it is awaited only
  next_awaiter& operator=(next_awaiter&&) = delete;
  ~next_awaiter() {
    if (waiting_ && generator_) generator_->drop_frame();  // its task is destroyed where it waits
  }

  void bind(promise_base& parent) noexcept { parent_ = &parent; }
  bool await_ready() const {
    if (generator_->waiter_) [[unlikely]]
      throw_second_next();
    return !generator_->frame_;
  }
  bool await_suspend(std::coroutine_handle<>) noexcept {
    waiting_ = true;
    generator_->waiter_ = this;
    return generator_->frame_.promise().advance(*parent_);
  }
  generated_t<T> await_resume() {
    if (!waiting_) return {};
    waiting_ = false;
    return generator_->take();
  }

 private:
  friend class generator<T>;
  generator<T>* generator_;
  promise_base* parent_ = nullptr;
  bool waiting_ = false;
};

}  // namespace bight::detail
