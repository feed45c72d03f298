// The object behind task<T>: result, joiners, the callable that was spawned.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/bound_call.hpp>
#include <bight/core/detail/promise.hpp>
#include <bight/core/detail/traits.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <utility>

namespace bight::detail {

/// The loop of this thread. Throws errc::wrong_loop if there is none.
loop_core& require_loop();
/// The owner of tasks outside groups.
task_owner& root_owner(loop_core& loop) noexcept;
/// Adds a new task to its owner's list and the ready list.
void launch(class joinable_task& task);
/// Adds a new task to its owner's list and runs its first step immediately.
void launch_eagerly(class joinable_task& task);
/// Lets `child` inherit from the task that starts it.
void inherit_extras(task_base& child, const task_base& from);
inline void inherit(task_base& child, const task_base* from) {
  if (from && from->extras()) [[unlikely]]
    inherit_extras(child, *from);
}

/// A task with handles. The owner holds one reference until the task has completed.
class joinable_task : public task_base {
 public:
  using task_base::task_base;

  joinable_task* joinable() noexcept final { return this; }
  void add_reference() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) last_release();
  }
  void require_finished() const;
  void mark_retrieved() noexcept { retrieved_ = true; }
  /// Throws the error the task ended with, if any.
  void rethrow() {
    retrieved_ = true;
    if (error_) std::rethrow_exception(error_);
  }
  waiter_list& joiners() noexcept { return joiners_; }

 protected:
  ~joinable_task() = default;
  [[noreturn]] static void throw_value_moved();
  /// Destroys callable, arguments and frame, when the body has ended or is abandoned.
  virtual void drop_body() noexcept = 0;
  virtual void destroy() noexcept = 0;
  /// Completes the task: wakes the joiners and notifies the owner. `*this` may be destroyed.
  void finish(std::exception_ptr error, bool cancelled) noexcept;
  void abandon() noexcept final;
  /// Completes the task without starting its body if it is already cancelled.
  bool cancelled_before_start() noexcept;
  /// Completes the task with the current exception.
  void fail_to_start() noexcept;

 private:
  friend class join_base;
  void last_release() noexcept;
  void keep_handler() noexcept;
  void tell_listeners() noexcept;

  waiter_list joiners_;
  joinable_task* next_forwarded_ = nullptr;
  std::uint32_t references_ = 2;
  bool retrieved_ = false;
  bool forwarded_ = false;  ///< Cancelled by the current pass of join_base::forward_cancel.

 public:
  bool ending = false;  ///< Cancelled by the shutdown of its loop.

 protected:
  bool taken_ = false;  ///< The result has been moved out.
};

template <class T>
class task_core : public joinable_task {
 public:
  using joinable_task::joinable_task;

  decltype(auto) get() {
    rethrow();
    if (this->taken_) [[unlikely]]
      this->throw_value_moved();
    return result_.get();
  }
  T take() {
    rethrow();
    if constexpr (std::is_object_v<T>) {
      if (std::exchange(this->taken_, true)) [[unlikely]]
        this->throw_value_moved();
    }
    return result_.take();
  }

 protected:
  ~task_core() = default;
  void body_finished(std::exception_ptr error, bool cancelled) noexcept final {
    if (!error) {
      try {
        if constexpr (!std::is_void_v<T>) result_.emplace(body_.result().take());
      } catch (...) { error = std::current_exception(); }
    }
    this->drop_body();
    this->finish(std::move(error), cancelled);
  }

  body<T> body_;

 private:
  [[no_unique_address]] result_slot<T> result_;
};

/// A task with the callable and the arguments that it was spawned with.
template <class F, class... Args>
class spawned_task final : public task_core<call_result_t<F, Args...>> {
 public:
  using result_type = call_result_t<F, Args...>;
  template <class G, class... Us>
  spawned_task(loop_core& loop, task_owner& owner, G&& g, Us&&... us)
      : task_core<result_type>(loop, owner), call_(std::forward<G>(g), std::forward<Us>(us)...) {}
  ~spawned_task() = default;

 private:
  void run() noexcept override {
    if (this->cancelled_before_start()) return;
    this->started_ = true;
    this->loop_->current = this;
    try {
      this->body_.set(to_awaitable(call_()), *this, 0);
    } catch (...) {
      this->loop_->current = nullptr;
      this->fail_to_start();
      return;
    }
    this->body_.start(*this->loop_);
  }
  void drop_body() noexcept override {
    this->body_.destroy();
    call_.drop();
  }
  void destroy() noexcept override { delete this; }

  bound_call<F, Args...> call_;
};

/// A callable with the options of `named` and `eager`.
template <class F>
struct spawn_request {
  F call;
  std::string name;
  std::source_location where;
  bool eager = false;
  template <class... Args>
  auto operator()(Args&&... args) -> decltype(std::invoke(std::move(call), std::forward<Args>(args)...)) {
    return std::invoke(std::move(call), std::forward<Args>(args)...);
  }
};
template <class F>
inline constexpr bool is_spawn_request = false;
template <class F>
inline constexpr bool is_spawn_request<spawn_request<F>> = true;
void describe_task(task_base& t, std::string&& name, const std::source_location& where);

template <class F, class... Args>
auto* make_task(loop_core& loop, task_owner& owner, F&& f, Args&&... args) {
  auto* const t = new spawned_task<std::decay_t<F>, std::decay_t<Args>...>(loop, owner, std::forward<F>(f),
                                                                           std::forward<Args>(args)...);
  launch(*t);
  return t;
}
template <class F, class... Args>
auto* make_task(loop_core& loop, task_owner& owner, spawn_request<F> r, Args&&... args) {
  auto* const t =
      new spawned_task<F, std::decay_t<Args>...>(loop, owner, std::move(r.call), std::forward<Args>(args)...);
  if (!r.name.empty()) describe_task(*t, std::move(r.name), r.where);
  if (r.eager)
    launch_eagerly(*t);
  else
    launch(*t);
  return t;
}

/// `co_await t`: T& or T. Cancellation is forwarded to the task.
class join_base : public queued_awaiter {
 public:
  const char* waiting_for() const noexcept final { return "task"; }
  const task_base* waits_on() const noexcept final { return joined_; }

 protected:
  explicit join_base(joinable_task& t, on_cancel rule = on_cancel::throw_first) noexcept
      : queued_awaiter(rule), joined_(&t) {
    t.add_reference();  // handles may be destroyed during the wait
  }
  join_base(join_base&& other) noexcept
      : queued_awaiter(std::move(other)), joined_(std::exchange(other.joined_, nullptr)) {}
  ~join_base() {
    if (!joined_) return;
    if (parked()) joined_->joiners().remove(*this);
    joined_->release();
  }
  bool ready_to_join();
  void park() final { joined_->joiners().push_back(*this); }
  void leave() noexcept { joined_->joiners().remove(*this); }
  bool forward_cancel() noexcept;
  /// Awaiting a cancelled task throws its cancelled_error; if the awaiting task was cancelled too, this
  /// delivers that cancellation.
  void before_result() {
    if (joined_->cancelled()) throw_if_cancelled();
  }
  friend class joinable_task;

  joinable_task* joined_;
};

template <class T, bool Move>
class join_awaiter final : public basic_awaiter<join_awaiter<T, Move>, join_base> {
 public:
  explicit join_awaiter(task_core<T>& t) noexcept
      : basic_awaiter<join_awaiter, join_base>(t, awaiter::on_cancel::wait_to_end) {}
  join_awaiter(join_awaiter&&) = default;
  ~join_awaiter() = default;

 private:
  friend class basic_awaiter<join_awaiter, join_base>;
  bool ready() override { return this->ready_to_join(); }
  bool unpark() noexcept override { return this->forward_cancel(); }
  decltype(auto) result() {
    this->before_result();
    auto& t = static_cast<task_core<T>&>(*this->joined_);
    if constexpr (Move)
      return static_cast<T>(t.take());
    else
      return t.get();
  }
};

/// `co_await shield(t)`: T&. Cancellation leaves the task alone.
template <class T>
class shield_awaiter final : public basic_awaiter<shield_awaiter<T>, join_base> {
 public:
  explicit shield_awaiter(task_core<T>& t) noexcept : basic_awaiter<shield_awaiter, join_base>(t) {}
  shield_awaiter(shield_awaiter&&) = default;
  ~shield_awaiter() = default;

 private:
  friend class basic_awaiter<shield_awaiter, join_base>;
  bool ready() override { return this->ready_to_join(); }
  bool unpark() noexcept override {
    this->leave();
    return true;
  }
  decltype(auto) result() {
    this->before_result();
    return static_cast<task_core<T>&>(*this->joined_).get();
  }
};

/// `co_await t.wait()`.
class end_awaiter final : public basic_awaiter<end_awaiter, join_base> {
 public:
  explicit end_awaiter(joinable_task& t) noexcept : basic_awaiter<end_awaiter, join_base>(t) {}
  end_awaiter(end_awaiter&&) = default;
  ~end_awaiter() { report_unless_awaited(); }

 private:
  friend class basic_awaiter<end_awaiter, join_base>;
  bool ready() override { return ready_to_join(); }
  bool unpark() noexcept override {
    leave();
    return true;
  }
  void result() noexcept {}
};

}  // namespace bight::detail
