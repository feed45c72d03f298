// The promise of awaitable<T>, and how coroutines await each other.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/frame_cache.hpp>
#include <bight/core/detail/task_base.hpp>
#include <concepts>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

namespace bight {
template <class T = void>
class awaitable;
}

namespace bight::detail {

/// The maximum nesting depth of awaitables.
inline constexpr std::uint32_t max_depth = 10'000;

[[noreturn]] void throw_never_awaitable();

/// Whether the current exception is a cancelled_error, determined without a rethrow.
bool handling_cancelled_error() noexcept;

/// Specialised by <bight/asio.hpp> for what Asio knows how to await: `static auto make(A&&, promise_base&)`.
template <class A>
struct foreign_await;
template <class A>
concept awaitable_by_bridge = requires { sizeof(foreign_await<A>); };

/// What an operation returns: for the messages about what is not awaitable.
template <class W>
concept waits = requires(W& w) { w.await_ready(); } || requires { typename W::promise_type; };

/// Awaits an awaiter in place: GCC 12 copies a reference returned by await_transform.
template <class A>
class awaiter_reference {
 public:
  explicit awaiter_reference(A& a) noexcept : awaiter_(&a) {}
  bool await_ready() { return awaiter_->await_ready(); }
  bool await_suspend(std::coroutine_handle<> frame) { return awaiter_->await_suspend(frame); }
  decltype(auto) await_resume() { return awaiter_->await_resume(); }

 private:
  A* awaiter_;
};

/// The common base of all promises. The `scheduled` base is used for a deferred start (budget).
class promise_base : public scheduled, public cached_frame {
 public:
  promise_base(const promise_base&) = delete;
  promise_base& operator=(const promise_base&) = delete;

  std::suspend_always initial_suspend() noexcept { return {}; }

  struct final_awaiter {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> h) noexcept {
      h.promise().ended(h.promise().has_value());
    }
    void await_resume() noexcept {}
  };
  final_awaiter final_suspend() noexcept { return {}; }

  /// False if it ended without its value.
  static constexpr bool has_value() noexcept { return true; }
  void unhandled_exception() noexcept {
    cancelled_ = handling_cancelled_error();
    error_ = std::current_exception();
  }

  // The awaitable types. The location is recorded for dump_tasks.
  template <class A>
    requires requires(std::remove_cvref_t<A>& a, promise_base& p) { a.bind(p); }
  awaiter_reference<std::remove_cvref_t<A>> await_transform(
      A&& a, std::source_location where = std::source_location::current()) noexcept {
    static_assert(!std::is_const_v<std::remove_reference_t<A>>, "a const awaiter cannot be awaited");
    site_ = where;
    a.bind(*this);
    return awaiter_reference<std::remove_cvref_t<A>>{a};
  }
  template <class T>
  auto await_transform(awaitable<T>&& child,
                       std::source_location where = std::source_location::current()) noexcept;
  template <class T>
  void await_transform(awaitable<T>& child) = delete;  // an awaitable is awaited once: co_await std::move(a)
  template <class A>
    requires requires(A&& a) { std::forward<A>(a).as_awaitable(); }
  auto await_transform(A&& a, std::source_location where = std::source_location::current()) {
    return await_transform(std::forward<A>(a).as_awaitable(), where);
  }
  template <class A>
    requires requires(A&& a) { std::forward<A>(a).operator_co_await(); }
  auto await_transform(A&& a, std::source_location where = std::source_location::current()) {
    site_ = where;
    auto result = std::forward<A>(a).operator_co_await();
    result.bind(*this);
    return result;
  }
  template <class A>
  auto await_transform(A&& a, std::source_location where = std::source_location::current()) {
    using type = std::remove_cvref_t<A>;
    if constexpr (awaitable_by_bridge<type>) {
      site_ = where;
      return foreign_await<type>::make(std::forward<A>(a), *this);
    } else {
      constexpr bool acquires = requires { requires waits<decltype(a.acquire())>; };
      constexpr bool gets = requires { requires waits<decltype(a.get())>; };
      constexpr bool has_wait = requires { requires waits<decltype(a.wait())>; };
      constexpr bool nothing_else = !acquires && !gets && !has_wait && !std::is_invocable_v<type&>;
      static_assert(!acquires, "not awaitable itself: co_await x.acquire(), and keep what it gives");
      static_assert(acquires || !gets, "not awaitable itself: co_await x.get()");
      static_assert(acquires || gets || !has_wait, "not awaitable itself: co_await x.wait()");
      static_assert(acquires || gets || has_wait || !std::is_invocable_v<type&>,
                    "a function is not awaitable itself: co_await f()");
      static_assert(!nothing_else,
                    "this type is not awaitable here; Asio operations and asio::awaitable need #include "
                    "<bight/asio.hpp>");
      return std::suspend_never{};
    }
  }

  /// The coroutine starts even if a cancellation is pending: it defers cancellation itself.
  void begin_in_any_case() noexcept { in_any_case_ = true; }
  /// In debug mode, logs that the coroutine was never awaited, unless a cancellation or an error is being
  /// propagated.
  void report_unawaited() const noexcept;

  task_base& task() const noexcept { return *task_; }
  /// Whether the coroutine ended with cancelled_error.
  bool was_cancelled() const noexcept { return cancelled_; }
  /// The number of awaitables up to the body of the task, plus one per gather.
  std::uint32_t depth() const noexcept { return depth_; }
  /// The awaiting coroutine; null for the body of a task.
  promise_base* parent() const noexcept { return parent_; }
  /// The location of its last await; before the first one, that of the coroutine.
  const std::source_location& site() const noexcept { return site_; }

 protected:
  explicit promise_base(std::source_location where) noexcept : site_(where) {}
  ~promise_base() = default;

  /// Starts the coroutine in place. Returns true if it has completed.
  bool start_in_place(std::coroutine_handle<> self) noexcept {
    in_place_ = true;
    self.resume();
    in_place_ = false;
    return self.done();
  }

 private:
  template <class T>
  friend class child_awaiter;
  template <class T>
  friend class generator_promise;
  template <class T>
  friend class body;

  void note_missing_value() noexcept;
  /// Called if the budget is exhausted or the nesting too deep. Returns true if the child was deferred.
  bool defer_start() noexcept;
  void ended(bool with_value = true) noexcept {
    if (in_place_) return;  // whoever started it looks at done()
    if (parent_)
      task_->loop().next = parent_->handle();
    else
      task_->body_finished(take_error(with_value), cancelled_);
  }

  // Of a promise that is `promise_base` at its start and aligned as a frame is: promise<T> checks that.
  std::coroutine_handle<> handle() noexcept {
    return std::coroutine_handle<promise_base>::from_promise(*this);
  }

  promise_base* parent_ = nullptr;
  task_base* task_ = nullptr;

 protected:
  /// The deferred start.
  void run_deferred(std::coroutine_handle<> self) noexcept;
  /// Its error, including a missing value.
  std::exception_ptr take_error(bool with_value) noexcept {
    if (!with_value) [[unlikely]]
      note_missing_value();
    return std::move(error_);
  }
  /// Throws the error of a coroutine that has no value.
  [[noreturn]] void throw_error();
  std::exception_ptr error_;

 private:
  std::source_location site_;
  std::uint32_t depth_ = 0;
  bool in_place_ = false;
  bool cancelled_ = false;
  bool in_any_case_ = false;
};

/// Storage for a T that is set later: no default construction, references as pointers.
template <class T>
class result_slot {
 public:
  result_slot() noexcept {}
  result_slot(const result_slot&) = delete;
  result_slot& operator=(const result_slot&) = delete;
  ~result_slot() { reset(); }

  template <class U>
  void emplace(U&& value) {
    std::construct_at(std::addressof(value_), std::forward<U>(value));
    full_ = true;
  }
  bool full() const noexcept { return full_; }
  T& get() noexcept { return value_; }
  T take() { return std::move(value_); }
  void reset() noexcept {
    if (std::exchange(full_, false)) std::destroy_at(std::addressof(value_));
  }

 private:
  union {
    T value_;
  };
  bool full_ = false;
};
template <class T>
class result_slot<T&> {
 public:
  void emplace(T& value) noexcept { value_ = std::addressof(value); }
  bool full() const noexcept { return value_ != nullptr; }
  T& get() noexcept { return *value_; }
  T& take() noexcept { return *value_; }
  void reset() noexcept { value_ = nullptr; }

 private:
  T* value_ = nullptr;
};
template <>
class result_slot<void> {
 public:
  void emplace() noexcept {}
  void get() const noexcept {}
  void take() const noexcept {}
  void reset() noexcept {}
};

template <class T>
class promise final : public promise_base {
 public:
  explicit promise(std::source_location where = std::source_location::current()) noexcept
      : promise_base(where) {
    static_assert(alignof(promise) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
                  "the result of an awaitable may not be over-aligned");
  }
  awaitable<T> get_return_object() noexcept;
  template <class U = T>
    requires std::convertible_to<U&&, T>
  void return_value(U&& value) {
    result_.emplace(std::forward<U>(value));
  }
  void unhandled_exception() noexcept {
    promise_base::unhandled_exception();
    result_.reset();  // thrown by the destructor of a local, after co_return
  }
  bool has_value() const noexcept { return result_.full(); }
  // There is no value if there is an error, so one check covers errors and a missing co_return.
  T take() {
    if (!result_.full()) [[unlikely]]
      throw_error();
    return result_.take();
  }
  result_slot<T>& result() noexcept { return result_; }

 private:
  void run() noexcept override { run_deferred(std::coroutine_handle<promise>::from_promise(*this)); }
  result_slot<T> result_;
};

template <>
class promise<void> final : public promise_base {
 public:
  explicit promise(std::source_location where = std::source_location::current()) noexcept
      : promise_base(where) {}
  awaitable<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() {
    if (error_) [[unlikely]]
      std::rethrow_exception(std::move(error_));
  }
  result_slot<void>& result() noexcept { return result_; }

 private:
  void run() noexcept override { run_deferred(std::coroutine_handle<promise>::from_promise(*this)); }
  result_slot<void> result_;
};

struct awaitable_access {
  template <class T>
  static std::coroutine_handle<promise<T>> release(awaitable<T>& a) noexcept {
    return std::exchange(a.frame_, nullptr);
  }
  /// See promise_base::begin_in_any_case.
  template <class T>
  static awaitable<T> in_any_case(awaitable<T>&& a) noexcept {
    a.frame_.promise().begin_in_any_case();
    return std::move(a);
  }
};

/// `co_await child()`: starts the child in place; a child that does not suspend does not go through the loop.
template <class T>
class child_awaiter {
 public:
  child_awaiter(std::coroutine_handle<promise<T>> child, promise_base& parent) noexcept : child_(child) {
    if (!child_) return;
    auto& p = child_.promise();
    p.parent_ = &parent;
    p.task_ = parent.task_;
    p.depth_ = parent.depth_ + 1;
  }
  child_awaiter(const child_awaiter&) = delete;
  child_awaiter& operator=(const child_awaiter&) = delete;
  ~child_awaiter() {
    if (child_) child_.destroy();
  }

  bool await_ready() const {
    if (!child_) [[unlikely]]
      throw_never_awaitable();
    return false;
  }
  bool await_suspend(std::coroutine_handle<>) noexcept {
    auto& p = child_.promise();
    auto& loop = p.task_->loop();
    if (--loop.budget < 0 || p.depth_ > max_depth) [[unlikely]]
      return p.defer_start();
    return !p.start_in_place(child_);
  }
  T await_resume() { return child_.promise().take(); }
  promise<T>& promise_of() noexcept { return child_.promise(); }

 private:
  std::coroutine_handle<promise<T>> child_;
};

template <class T>
auto promise_base::await_transform(awaitable<T>&& child, std::source_location where) noexcept {
  site_ = where;
  return child_awaiter<T>{awaitable_access::release(child), *this};
}

/// The body of a task: a coroutine without a parent. Owns the frame until the task has its result.
template <class T>
class body {
 public:
  body() = default;
  body(const body&) = delete;
  body& operator=(const body&) = delete;
  ~body() { destroy(); }

  void set(awaitable<T>&& a, task_base& task, std::uint32_t depth) {
    frame_ = awaitable_access::release(a);
    if (!frame_) throw_never_awaitable();
    frame_.promise().task_ = &task;
    frame_.promise().depth_ = depth;
  }
  /// Runs the first step as a separate step.
  void start(loop_core& loop) noexcept { loop.resume(frame_, frame_.promise().task()); }
  /// Runs the first step inside another coroutine's step. Returns true if it has completed: call
  /// `take_error`.
  bool start_in_place() noexcept { return frame_.promise().start_in_place(frame_); }
  std::exception_ptr take_error(bool& cancelled) noexcept {
    cancelled = frame_.promise().cancelled_;
    return frame_.promise().take_error(frame_.promise().has_value());
  }
  bool set_up() const noexcept { return static_cast<bool>(frame_); }
  result_slot<T>& result() noexcept { return frame_.promise().result(); }
  void destroy() noexcept {
    if (auto f = std::exchange(frame_, nullptr)) f.destroy();
  }

 private:
  std::coroutine_handle<promise<T>> frame_;
};

}  // namespace bight::detail

namespace bight {
inline void awaiter::bind(detail::promise_base& parent) noexcept {
  task_ = &parent.task();
  task_->set_leaf(parent);
  state_ = state::idle;
}
}  // namespace bight
