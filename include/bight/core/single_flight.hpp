// single_flight: callers that want the same thing at the same time share the work.
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

/// While work for a key runs, further calls with that key wait for its result instead of starting it again
/// (Go's singleflight).
///
///     bight::single_flight<std::string, page> flights;
///     auto load = [&client, url] { return client.get(url); };
///     page p = co_await flights.run(url, std::move(load));
///
/// Every caller gets a copy of the result: for large ones, let T be a std::shared_ptr. Nothing is kept: a
/// call after the work has ended starts it anew; keep a cache beside it if that is wanted. T may be void. The
/// work has the task_local values of who came first, but no deadline of a with_deadline.
///
/// Cancellation: a cancelled caller leaves, and the work goes on as long as one caller waits. The last one to
/// leave cancels the work and waits until it has ended; a call that comes meanwhile starts anew. Errors: what
/// leaves the work is thrown to every caller, the same exception object. Concurrency: one loop. Lifetime:
/// must outlive its callers.
template <class Key, class T, class Hash = std::hash<Key>, class Equal = std::equal_to<Key>>
  requires(std::is_void_v<T> || std::copy_constructible<T>)
class single_flight {
 public:
  single_flight() = default;
  single_flight(const single_flight&) = delete;
  single_flight& operator=(const single_flight&) = delete;
  ~single_flight() = default;

  /// Awaits `f()`, or what another call with an equal key has started. `f` runs as a task of its own and is
  /// kept by it: it may outlive this call when others wait for it, so let it own what it uses, or refer only
  /// to what lives longer than every caller. It must not ask for its own key.
  template <class F>
    requires detail::async_callable<F> && std::convertible_to<detail::call_result_t<F>, T>
  awaitable<T> run(Key key, F f) {
    return join(flights_, std::move(key), std::move(f));
  }

  /// How many keys are being worked on.
  std::size_t size() const noexcept { return flights_->size(); }

 private:
  struct flight;
  using table = std::unordered_map<Key, std::shared_ptr<flight>, Hash, Equal>;
  struct flight {
    task<T> work;
    std::size_t callers = 0;
  };

  // Later calls with the key start anew, from here on.
  static void close(table& flights, const Key& key, const flight* ended) noexcept {
    if (const auto it = flights.find(key); it != flights.end() && it->second.get() == ended)
      flights.erase(it);
  }

  class end_of_work {
   public:
    end_of_work(std::shared_ptr<table> flights, const Key& key, const flight* mine) noexcept
        : flights_(std::move(flights)), key_(&key), mine_(mine) {}
    end_of_work(const end_of_work&) = delete;
    end_of_work& operator=(const end_of_work&) = delete;
    ~end_of_work() { close(*flights_, *key_, mine_); }

   private:
    std::shared_ptr<table> flights_;
    const Key* key_;
    const flight* mine_;
  };

  template <class F>
  static awaitable<T> fly(std::shared_ptr<table> flights, Key key, flight* mine, F f) {
    const end_of_work end(std::move(flights), key, mine);
    auto work = detail::to_awaitable(std::move(f)());
    co_return co_await std::move(work);
  }

  template <class F>
  static std::shared_ptr<flight> board(const std::shared_ptr<table>& flights, const Key& key, F& f) {
    if (const auto it = flights->find(key); it != flights->end()) return it->second;
    auto mine = std::make_shared<flight>();
    mine->work = spawn(&single_flight::template fly<F>, flights, key, mine.get(), std::move(f));
    flights->emplace(key, mine);
    return mine;
  }

  template <class F>
  static awaitable<T> join(std::shared_ptr<table> flights, Key key, F f) {
    const auto mine = board(flights, key, f);
    ++mine->callers;
    std::exception_ptr cancelled;
    try {
      co_await mine->work.wait();
    } catch (...) { cancelled = std::current_exception(); }
    --mine->callers;
    if (cancelled) {
      if (mine->callers == 0 && !mine->work.done()) {
        close(*flights, key, mine.get());
        mine->work.cancel();
        co_await uncancellable([&] { return mine->work.wait(); });
      }
      std::rethrow_exception(cancelled);
    }
    co_return mine->work.result();
  }

  std::shared_ptr<table> flights_ = std::make_shared<table>();
};

}  // namespace bight
