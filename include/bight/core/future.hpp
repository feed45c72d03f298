// future<T>, promise<T>: a result that is delivered by a callback.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/promise.hpp>
#include <bight/core/detail/reference.hpp>
#include <bight/core/error.hpp>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

namespace bight {

template <class T>
class future;
template <class T>
class promise;

namespace detail {

/// The state shared by a promise and its futures.
class future_state_base {
 public:
  future_state_base() = default;
  future_state_base(const future_state_base&) = delete;
  future_state_base& operator=(const future_state_base&) = delete;
  virtual ~future_state_base() = default;

  void add_reference() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }
  bool done() const noexcept { return done_; }
  bool cancelled() const noexcept { return cancelled_; }
  /// Whether a result can be set; false if the future was cancelled. Errors: std::logic_error if there is a
  /// result.
  bool begin_result();
  void fail(std::exception_ptr error) noexcept {
    error_ = std::move(error);
    finish();
  }
  bool cancel() noexcept;
  void finish() noexcept;
  /// Throws the error, if any.
  void rethrow() const;
  waiter_list& waiters() noexcept { return waiters_; }

 private:
  waiter_list waiters_;
  std::exception_ptr error_;
  std::uint32_t references_ = 1;
  bool done_ = false;
  bool cancelled_ = false;
};

template <class T>
class future_state final : public future_state_base {
 public:
  result_slot<T> value;
};

/// Waits for a future_state. `Move`: moves the value out.
template <class T, bool Move>
class future_awaiter final : public basic_awaiter<future_awaiter<T, Move>, queued_awaiter> {
 public:
  explicit future_awaiter(const reference<future_state<T>>& s) noexcept : state_(s) {}
  future_awaiter(future_awaiter&&) = default;
  ~future_awaiter() {
    if (this->parked()) state_->waiters().remove(*this);
  }
  const char* waiting_for() const noexcept override { return "future"; }

 private:
  friend class basic_awaiter<future_awaiter, queued_awaiter>;
  friend class future_state_base;
  bool ready() override { return state_->done(); }
  void park() override { state_->waiters().push_back(*this); }
  bool unpark() noexcept override {
    state_->waiters().remove(*this);
    return true;
  }
  decltype(auto) result() {
    state_->rethrow();
    if constexpr (Move)
      return static_cast<T>(state_->value.take());
    else
      return state_->value.get();
  }
  reference<future_state<T>> state_;
};

}  // namespace detail

/// A result that a promise delivers (asyncio.Future). For callback-based APIs; coroutines do not need it.
///
///     bight::promise<int> p;
///     legacy_request([&p](int answer) { p.set_value(answer); });
///     const int result = co_await p.get_future();
///
/// A cheap handle: copies share the state, several tasks may await it, and `co_await std::move(f)` moves the
/// value out. Cancellation of a waiting task does not affect the future. Concurrency: one loop; callbacks on
/// other threads use loop::call_soon_threadsafe.
template <class T = void>
class future {
 public:
  future() = default;
  /// Whether it belongs to a promise. Precondition of all other members.
  bool valid() const noexcept { return static_cast<bool>(state_); }
  /// Whether it has a value, has an error or was cancelled.
  bool done() const noexcept { return state_->done(); }
  bool cancelled() const noexcept { return state_->cancelled(); }
  /// Cancels the future: tasks that await it get cancelled_error. Returns false if it is done.
  bool cancel() const noexcept { return state_->cancel(); }
  /// The value. Errors: the error of the future; errc::not_retrievable if it is not done.
  decltype(auto) result() const {
    if (!done())
      throw boost::system::system_error(make_error_code(errc::not_retrievable),
                                        "bight: the future is not done");
    state_->rethrow();
    return state_->value.get();
  }

  detail::future_awaiter<T, false> operator_co_await() const& noexcept {
    return detail::future_awaiter<T, false>{state_};
  }
  detail::future_awaiter<T, true> operator_co_await() && noexcept {
    return detail::future_awaiter<T, true>{state_};
  }

 private:
  friend class promise<T>;
  explicit future(const detail::reference<detail::future_state<T>>& s) noexcept : state_(s) {}
  detail::reference<detail::future_state<T>> state_;
};

/// The producing side. Move-only. If it is destroyed without a result, the future fails with
/// errc::broken_promise.
template <class T = void>
class promise {
 public:
  promise() : state_(detail::reference<detail::future_state<T>>::adopt(new detail::future_state<T>)) {}
  promise(promise&&) noexcept = default;
  promise& operator=(promise&& other) noexcept {
    promise old{std::move(*this)};
    state_ = std::move(other.state_);
    return *this;
  }
  ~promise() {
    if (state_ && !state_->done())
      state_->fail(std::make_exception_ptr(
          boost::system::system_error(make_error_code(errc::broken_promise), "bight: promise")));
  }

  future<T> get_future() const noexcept { return future<T>{state_}; }
  /// Sets the value (no argument for void). Returns false, and drops the value, if the future was cancelled.
  /// Errors: std::logic_error if there is a result already.
  template <class... V>
    requires(std::is_void_v<T> ? sizeof...(V) == 0 : sizeof...(V) == 1)
  bool set_value(V&&... value) {
    if (!state_->begin_result()) return false;
    state_->value.emplace(std::forward<V>(value)...);
    state_->finish();
    return true;
  }
  /// Sets the error; otherwise like set_value.
  bool set_exception(std::exception_ptr error) {
    if (!state_->begin_result()) return false;
    state_->fail(std::move(error));
    return true;
  }
  template <class E>
  bool set_exception(E error) {
    return set_exception(std::make_exception_ptr(std::move(error)));
  }

 private:
  detail::reference<detail::future_state<T>> state_;
};

}  // namespace bight
