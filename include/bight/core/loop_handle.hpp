// loop_handle: calls from other loops and threads.
#pragma once
#include <bight/core/detail/local_values.hpp>
#include <bight/core/detail/mailbox.hpp>
#include <bight/core/detail/remote_call.hpp>
#include <bight/core/detail/traits.hpp>
#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace bight {

namespace detail {
/// The function passed to call_soon_threadsafe.
class posted_function : public loop_message {
 public:
  void delivered() noexcept final;

 protected:
  /// Stores the task_local values of the running code.
  posted_function() : values_(background_values()) {}

 private:
  virtual void call() = 0;

  shared_values values_;
};
template <class F>
class posted_call final : public posted_function {
 public:
  template <class G>
  explicit posted_call(G&& g) : f_(std::forward<G>(g)) {}

 private:
  void call() override { std::invoke(f_); }
  F f_;
};
}  // namespace detail

/// A handle to a loop for other threads and loops: `loop::handle()`, `shard::peer()`.
///
///     bight::loop_handle there = me.peer(1);
///     auto size = co_await there.submit(cache_size);   // runs cache_size() there, its result comes here
///
/// Cheap to copy; may outlive its loop. While a handle exists, its loop does not report deadlocks, since
/// another thread could still wake a task, and virtual time runs at real speed. Concurrency: any thread.
class loop_handle {
 public:
  loop_handle() = default;

  /// Whether it refers to a loop. Precondition of all other members.
  bool valid() const noexcept { return life_ != nullptr; }

  /// Runs `f(args...)` as a task of that loop, waits for it and returns its result
  /// (asyncio.run_coroutine_threadsafe, for callers that are tasks). The callable and the arguments are
  /// stored and passed as rvalues; they and the result move between threads, so they must not refer to
  /// anything that is confined to one thread. Cancellation: cancels the task there and waits until it has
  /// ended. Errors: exceptions of `f`; errc::loop_closed if that loop has ended, ends first, or cancels the
  /// task.
  template <class F, class... Args>
    requires detail::async_callable<F, Args...>
  [[nodiscard]] auto submit(F&& f, Args&&... args) const {
    return detail::remote_awaiter<std::decay_t<F>, std::decay_t<Args>...>(mailbox(), std::forward<F>(f),
                                                                          std::forward<Args>(args)...);
  }
  /// Calls `f` on that loop's thread. Returns false, and drops `f`, if the loop has ended. Exceptions of `f`
  /// are logged.
  template <class F>
    requires std::invocable<std::decay_t<F>&>
  bool call_soon_threadsafe(F&& f) const {
    return detail::send(*mailbox(),
                        std::make_shared<detail::posted_call<std::decay_t<F>>>(std::forward<F>(f)));
  }

  friend bool operator==(const loop_handle& a, const loop_handle& b) noexcept {
    return (a.life_ ? a.mailbox() : nullptr) == (b.life_ ? b.mailbox() : nullptr);
  }

 private:
  friend class loop;
  class life;
  explicit loop_handle(std::shared_ptr<detail::mailbox> mail);
  const std::shared_ptr<detail::mailbox>& mailbox() const noexcept;

  std::shared_ptr<const life> life_;
};

}  // namespace bight
