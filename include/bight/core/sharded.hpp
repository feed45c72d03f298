// run_sharded: a program on several loops, one per thread.
#pragma once
#include <bight/core/any_task.hpp>
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

/// One of the loops of run_sharded, and access to the others. A cheap handle; do not keep it, or handles
/// obtained from it, beyond the program.
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

}  // namespace bight
