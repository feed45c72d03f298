// single_flight: concurrent callers with the same key share one call.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/task.hpp>
#include <bight/core/uncancellable.hpp>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace bight {

/// Deduplicates concurrent calls: while work for a key is in progress, further calls with that key wait for
/// its result (Go's singleflight).
///
///     bight::single_flight<std::string, page> flights;
///     auto load = [&client, url] { return client.get(url); };
///     page p = co_await flights.run(url, std::move(load));
///
/// Each caller gets a copy of the result; for large results, let T be a std::shared_ptr. Results are not
/// cached: a call after the work has completed starts it again. T may be void. The work inherits the
/// task_local values of the first caller, but not the deadline of a with_deadline.
///
/// Cancellation: a cancelled caller stops waiting, and the work continues while another caller waits. The
/// last caller cancels the work and waits until it has ended; a call during that time starts it anew. Errors:
/// an exception of the work is thrown to all callers, the same exception object. Concurrency: one loop.
/// Lifetime: must outlive its callers.
template <class Key, class T, class Hash = std::hash<Key>, class Equal = std::equal_to<Key>>
  requires(std::is_void_v<T> || std::copy_constructible<T>)
class single_flight {
 public:
  single_flight() = default;
  single_flight(const single_flight&) = delete;
  single_flight& operator=(const single_flight&) = delete;
  ~single_flight() = default;

  /// Awaits `f()`, or the result of a call in progress with an equal key. `f` runs in a task of its own,
  /// which stores it. It may outlive this call if others are waiting, so it should own what it uses, or refer
  /// only to what outlives all callers. It must not call `run` with its own key.
  template <class F>
    requires detail::async_callable<F> && std::convertible_to<detail::call_result_t<F>, T>
  awaitable<T> run(Key key, F f) {
    return join(calls_, std::move(key), std::move(f));
  }

  /// The number of keys in progress.
  std::size_t size() const noexcept { return calls_->size(); }

 private:
  struct call;
  using table = std::unordered_map<Key, std::shared_ptr<call>, Hash, Equal>;
  struct call {
    task<T> work;
    std::size_t callers = 0;
  };

  // From here on, calls with this key start anew.
  static void close(table& calls, const Key& key, const call* ended) noexcept {
    if (const auto it = calls.find(key); it != calls.end() && it->second.get() == ended) calls.erase(it);
  }

  class call_end {
   public:
    call_end(std::shared_ptr<table> calls, const Key& key, const call* mine) noexcept
        : calls_(std::move(calls)), key_(&key), mine_(mine) {}
    call_end(const call_end&) = delete;
    call_end& operator=(const call_end&) = delete;
    ~call_end() { close(*calls_, *key_, mine_); }

   private:
    std::shared_ptr<table> calls_;
    const Key* key_;
    const call* mine_;
  };

  template <class F>
  static awaitable<T> run_call(std::shared_ptr<table> calls, Key key, call* mine, F f) {
    const call_end end(std::move(calls), key, mine);
    auto work = detail::to_awaitable(std::move(f)());
    co_return co_await std::move(work);
  }

  template <class F>
  static std::shared_ptr<call> find_or_start(const std::shared_ptr<table>& calls, const Key& key, F& f) {
    if (const auto it = calls->find(key); it != calls->end()) return it->second;
    auto mine = std::make_shared<call>();
    mine->work = spawn(&single_flight::template run_call<F>, calls, key, mine.get(), std::move(f));
    calls->emplace(key, mine);
    return mine;
  }

  template <class F>
  static awaitable<T> join(std::shared_ptr<table> calls, Key key, F f) {
    const auto mine = find_or_start(calls, key, f);
    ++mine->callers;
    std::exception_ptr cancelled;
    try {
      co_await mine->work.wait();
    } catch (...) { cancelled = std::current_exception(); }
    --mine->callers;
    if (cancelled) {
      if (mine->callers == 0 && !mine->work.done()) {
        close(*calls, key, mine.get());
        mine->work.cancel();
        co_await uncancellable([&] { return mine->work.wait(); });
      }
      std::rethrow_exception(cancelled);
    }
    co_return mine->work.result();
  }

  std::shared_ptr<table> calls_ = std::make_shared<table>();
};

}  // namespace bight
