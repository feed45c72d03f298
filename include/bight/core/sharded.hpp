// run_sharded: the same program on several loops, one per thread.
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
class shard_crew;
}

/// One of the loops of run_sharded, as its program sees it, and the way to the others. A cheap handle; keep
/// it, and what it gives, inside the program.
class shard {
 public:
  /// Which one this is, from 0 to count() - 1.
  std::size_t index() const noexcept { return index_; }
  std::size_t count() const noexcept { return count_; }
  /// The loop of shard `i`, this one included. Errors: std::out_of_range.
  loop_handle peer(std::size_t i) const;

 private:
  friend class detail::shard_crew;
  shard(std::shared_ptr<detail::shard_crew> crew, std::size_t index, std::size_t count) noexcept
      : crew_(std::move(crew)), index_(index), count_(count) {}

  std::shared_ptr<detail::shard_crew> crew_;
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

/// Runs `f(shard)` on `count` loops at the same time, each on a thread of its own, the first on this one, and
/// waits for all (0: one per processor). Nothing is shared between the loops but what `f` shares; each gets a
/// copy of `f`.
///
///     bight::awaitable<void> serve(bight::shard me) {
///       net::listener listener{where, {.reuse_port = true}};           // the kernel spreads connections
///       ...
///     }
///     int main() { bight::run_sharded(4, serve); }
///
/// A loop whose program has ended goes on for what others `submit`, until all programs have ended. If one
/// ends with an error, or cancelled, the others are cancelled. SIGINT and SIGTERM cancel all, a second one
/// ends the process; on SIGUSR1 each logs its tasks. Deadlocks are not found, since other threads may wake a
/// task at any time. Returns what the programs return, in the order of the shards (nothing for void). Errors:
/// an exception_group with what left the programs, in the order of the shards; interrupt_error;
/// errc::loop_running where a loop runs; std::system_error if a thread cannot be started.
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
