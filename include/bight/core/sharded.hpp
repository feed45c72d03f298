// run_sharded, sharded: a program on several loops, one per thread.
#pragma once
#include <bight/core/any_task.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/loop_handle.hpp>
#include <bight/core/run.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight {

namespace detail {
class shard_set;
}

/// One of the loops of run_sharded or sharded, and access to the others. A cheap handle; do not keep it, or
/// handles obtained from it, beyond the program.
class shard {
 public:
  /// The index of this shard, 0 to count() - 1.
  std::size_t index() const noexcept { return index_; }
  std::size_t count() const noexcept { return count_; }
  /// The loop of shard `i`, which may be this one. Errors: std::out_of_range.
  loop_handle peer(std::size_t i) const;

 private:
  friend class detail::shard_set;
  shard(std::shared_ptr<detail::shard_set> shards, std::size_t index, std::size_t count) noexcept
      : shards_(std::move(shards)), index_(index), count_(count) {}

  std::shared_ptr<detail::shard_set> shards_;
  std::size_t index_;
  std::size_t count_;
};

namespace detail {

/// `count`, or the number of processors if it is 0.
std::size_t shard_count(std::size_t count) noexcept;
/// Starts the program of a shard on its loop.
using shard_starter = std::function<any_task(loop&, shard)>;
void run_shards(const run_options& options, std::size_t count, const shard_starter& start);
/// Same on other threads than that of the running loop. `start` must outlive the call.
awaitable<void> run_shards_beside(std::size_t count, const shard_starter& start);

template <class T>
struct shard_results {
  using type = std::vector<T>;
};
template <>
struct shard_results<void> {
  using type = void;
};
template <class F>
using shard_results_t = typename shard_results<call_result_t<F, shard>>::type;

}  // namespace detail

/// Runs `f(shard)` on `count` loops concurrently (0: one per processor), each on its own thread, the first on
/// the calling thread, and waits for all. Each shard gets a copy of `f`.
///
///     bight::awaitable<void> serve(bight::shard me) {
///       net::listener listener{where, {.reuse_port = true}};           // the kernel spreads connections
///       ...
///     }
///     int main() { bight::run_sharded(4, serve); }
///
/// A loop whose program has completed keeps serving `submit` calls until all programs have completed. If one
/// fails or is cancelled, the others are cancelled. SIGINT and SIGTERM cancel all, a second signal ends the
/// process; on SIGUSR1, each loop logs its tasks. Deadlocks are not detected, since other threads could wake
/// a task. Returns the results in shard order (nothing for void). Errors: an exception_group of the programs'
/// errors, in shard order; interrupt_error; errc::loop_running inside a loop; std::system_error if a thread
/// cannot be started.
template <class F>
  requires detail::async_callable<F, shard>
auto run_sharded(const run_options& options, std::size_t count, F&& f) {
  using result = detail::call_result_t<F, shard>;
  static_assert(std::is_void_v<result> || std::is_object_v<result>,
                "a shard's program returns a value or nothing");
  const std::decay_t<F> program(std::forward<F>(f));
  if constexpr (std::is_void_v<result>) {
    detail::run_shards(options, count,
                       [&](loop& l, shard s) { return any_task(l.spawn(program, std::move(s))); });
  } else {
    std::vector<std::optional<result>> results(detail::shard_count(count));
    auto keep = [&](shard s) -> awaitable<void> {
      auto& place = results[s.index()];
      auto copy = program;
      auto work = detail::to_awaitable(std::invoke(std::move(copy), std::move(s)));
      place.emplace(co_await std::move(work));
    };
    detail::run_shards(options, results.size(),
                       [&](loop& l, shard s) { return any_task(l.spawn(keep, std::move(s))); });
    std::vector<result> all;
    for (auto& r : results) all.push_back(std::move(*r));
    return all;
  }
}

template <class F>
  requires detail::async_callable<F, shard>
auto run_sharded(std::size_t count, F&& f) {
  return bight::run_sharded(run_options{}, count, std::forward<F>(f));
}

/// run_sharded for programs with a loop of their own: runs `f(shard)` on `count` new loops (0: one per
/// processor), each on its own thread, and waits for all, while other tasks of this loop continue.
///
///     co_await bight::gather(bight::sharded(4, serve_shard), report_statistics());
///
/// The loops do not handle SIGINT and SIGTERM; this one does. Meanwhile virtual time runs at real speed, and
/// deadlocks are not detected. Returns the results in shard order (nothing for void). Blocks this loop until
/// the threads have started. Cancellation: cancels all programs, waits until they have ended, and throws
/// cancelled_error, unless one fails. Errors: an exception_group of the programs' errors, in shard order;
/// std::system_error, in that group, if a thread cannot be started.
template <class F>
  requires detail::async_callable<F, shard>
awaitable<detail::shard_results_t<F>> sharded(std::size_t count, F f) {
  using result = detail::call_result_t<F, shard>;
  const auto& program = f;
  count = detail::shard_count(count);
  if constexpr (std::is_void_v<result>) {
    const detail::shard_starter start = [&](loop& l, shard s) {
      return any_task(l.spawn(program, std::move(s)));
    };
    co_await detail::run_shards_beside(count, start);
  } else {
    std::vector<std::optional<result>> results(count);
    auto keep = [&](shard s) -> awaitable<void> {
      auto& place = results[s.index()];
      auto copy = program;
      auto work = detail::to_awaitable(std::invoke(std::move(copy), std::move(s)));
      place.emplace(co_await std::move(work));
    };
    const detail::shard_starter start = [&](loop& l, shard s) {
      return any_task(l.spawn(keep, std::move(s)));
    };
    co_await detail::run_shards_beside(count, start);
    std::vector<result> all;
    for (auto& r : results) all.push_back(std::move(*r));
    co_return all;
  }
}

}  // namespace bight
