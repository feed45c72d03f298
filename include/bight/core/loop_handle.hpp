// loop_handle: from one loop, or thread, to another.
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
/// What call_soon_threadsafe was given.
class posted_function : public letter {
 public:
  void came_home() noexcept final;

 protected:
  /// With the values of who runs now.
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

/// A way to a loop for other threads and loops: `loop::handle()`, `shard::peer()`.
///
///     bight::loop_handle there = me.peer(1);
///     auto size = co_await there.submit(cache_size);   // runs cache_size() there, its result comes here
///
/// A cheap handle; it may outlive its loop. While one lives, its loop does not report a deadlock, since
/// another thread could still wake a task; virtual time runs at real speed. Concurrency: any thread.
class loop_handle {
 public:
  loop_handle() = default;

  /// True if it refers to a loop. All other members require it.
  bool valid() const noexcept { return life_ != nullptr; }

  /// Runs `f(args...)` as a task of that loop, waits for its end and returns its result
  /// (asyncio.run_coroutine_threadsafe, for callers that are tasks themselves).
  /// The callable and the arguments are kept for the task and handed over as rvalues: they and the result go
  /// from thread to thread, so they must not refer to what only one of them may touch.
  /// Cancellation: cancels the task there and waits until it has ended.
  /// Errors: what leaves `f`; errc::loop_closed if that loop has ended, ends before `f`, or cancels it.
  template <class F, class... Args>
    requires detail::async_callable<F, Args...>
  [[nodiscard]] auto submit(F&& f, Args&&... args) const {
    return detail::remote_awaiter<std::decay_t<F>, std::decay_t<Args>...>(mailbox(), std::forward<F>(f),
                                                                          std::forward<Args>(args)...);
  }
  /// Calls `f` on that loop's thread, soon. Returns false, and drops it, if the loop has ended. What `f`
  /// throws is logged.
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
