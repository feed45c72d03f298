// hedge: a second attempt if the first one is slow.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/cancel.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/event.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

namespace bight {

namespace detail {

/// The shared state of the attempts.
template <class T>
struct hedge_race {
  result_slot<T> result;
  bool won = false;
  std::size_t running = 0;
  std::exception_ptr first_error;
  event decided;

  bool over() const noexcept { return won || running == 0; }
  void failed() noexcept {
    if (!first_error) first_error = std::current_exception();
  }
  void ended() noexcept {
    --running;
    if (over()) decided.set();
  }
};

template <class T, class F>
awaitable<void> hedge_attempt(hedge_race<T>* race, F* f) {
  try {
    auto work = to_awaitable((*f)());
    if constexpr (std::is_void_v<T>) {
      co_await std::move(work);
      race->won = true;
    } else {
      auto&& value = co_await std::move(work);
      if (!race->won) race->result.emplace(std::forward<T>(value));
      race->won = true;
    }
  } catch (...) { race->failed(); }
  race->ended();
}

template <class T, class F>
awaitable<T> hedge(clock::duration delay, unsigned max_attempts, F f) {
  task_awaiter self;
  auto& task = co_await self;
  const auto level = task.handled_cancelling();
  hedge_race<T> race;
  auto race_them = [&](task_group& group) -> awaitable<void> {
    std::vector<bight::task<void>> attempts;
    while (attempts.empty() || !race.over()) {
      ++race.running;
      attempts.push_back(group.spawn(&hedge_attempt<T, F>, &race, &f));
      const auto wait = attempts.size() == max_attempts ? forever : delay;
      co_await move_on_after(wait, [&] { return race.decided.wait(); });
    }
    for (auto& t : attempts) t.cancel();
  };
  try {
    co_await task_group::run(std::ref(race_them));
  } catch (const cancelled_error&) {
    if (!race.won) throw;
    // There is a result anyway: the request is delivered at the next await that waits.
    if (task.visible_cancelling() > level) task.reissue_cancel();
  }
  if (!race.won) std::rethrow_exception(race.first_error);
  co_return race.result.take();
}

}  // namespace detail

/// Awaits `f()`. While it has not completed, starts another attempt after each `delay`, up to `max_attempts`
/// in total. The first success wins: the other attempts are cancelled and awaited, and its result is
/// returned.
///
///     auto page = co_await bight::hedge(50ms, 2, [&] { return client.get(url); });
///
/// Use it for idempotent reads, with a delay that few responses exceed (such as the 95th percentile). Hedging
/// is for latency, not for errors: a failed attempt starts no other one, and if all started attempts fail,
/// the first error is thrown and the others are dropped. Combine it with `retry` for errors. `f` is stored;
/// each attempt is a task of its own.
///
/// Cancellation: cancels and awaits all attempts; if there is a result anyway, it is returned, and the
/// request is delivered at the next await that waits. Errors: as above; std::invalid_argument if max_attempts
/// is 0 or the delay is NaN.
template <class Rep, class Period, class F>
  requires detail::awaitable_type<std::invoke_result_t<F&>>
awaitable<detail::await_result_t<std::invoke_result_t<F&>>> hedge(std::chrono::duration<Rep, Period> delay,
                                                                  unsigned max_attempts, F f) {
  if (max_attempts == 0) throw std::invalid_argument("bight: hedge: max_attempts must be at least 1, not 0");
  using result = detail::await_result_t<std::invoke_result_t<F&>>;
  return detail::hedge<result, F>(detail::to_duration(delay), max_attempts, std::move(f));
}

}  // namespace bight
