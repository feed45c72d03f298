// race: the first of several awaitables to complete.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/range.hpp>
#include <bight/core/detail/revocable.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/task_group.hpp>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace bight {

namespace detail {

/// The outcome of a race.
template <class Result>
struct race_state {
  std::optional<Result> result;
  std::exception_ptr error;
  bool decided = false;
};

/// No callback for late results.
struct no_late {};
/// Passes the current exception, thrown by `late`, to the loop's exception handler.
void late_failed() noexcept;

template <class T, class Late, class... V>
void tell_late([[maybe_unused]] Late& late, [[maybe_unused]] std::size_t index, V&&... value) noexcept {
  if constexpr (std::invocable<Late&, std::size_t, stored_t<T>>) {
    try {
      std::invoke(late, index, stored_t<T>(std::forward<V>(value)...));
    } catch (...) { late_failed(); }
  }
}

template <std::size_t I, class Result, class Late, class T>
awaitable<void> run_racer(race_state<Result>& state, task_group& group, Late& late, std::size_t index,
                          awaitable<T> work) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(work);
      if (state.decided)
        tell_late<T>(late, index);
      else
        state.result.emplace(std::in_place_index<I>);
    } else {
      T value = co_await std::move(work);
      if (state.decided)
        tell_late<T>(late, index, std::forward<T>(value));
      else
        state.result.emplace(std::in_place_index<I>, std::forward<T>(value));
    }
  } catch (const cancelled_error&) { throw; } catch (...) {
    if (!state.decided) state.error = std::current_exception();
  }
  state.decided = true;
  group.cancel();
}

/// The result of a race, its error, or the cancellation.
template <class Result>
Result take_winner(race_state<Result>& state, const std::exception_ptr& cancelled, task_base& task) {
  if (cancelled && state.decided) task.reissue_cancel();  // decided before the cancellation
  if (state.error) std::rethrow_exception(state.error);
  if (state.result) return std::move(*state.result);
  if (cancelled) std::rethrow_exception(cancelled);
  throw task.take_cancel("race");
}

/// A competitor: a revocable primitive is kept as it is, everything else becomes an awaitable.
template <class A>
auto racer_of(A&& work) {
  if constexpr (revocable_primitive<A>)
    return A(std::move(work));
  else
    return to_awaitable(std::forward<A>(work));
}
template <class T>
awaitable<T> racing(awaitable<T>&& work, const bool&) noexcept {
  return std::move(work);
}
template <class A>
  requires revocable_primitive<A>
awaitable<await_result_t<A>> racing(A primitive, const bool& decided) {
  revocable_wait<A> waiting{primitive, decided};
  co_return co_await waiting;
}

template <class Late, class... Ws, std::size_t... Is>
awaitable<std::variant<stored_t<await_result_t<Ws>>...>> race_tuple(std::index_sequence<Is...>, Late late,
                                                                    Ws... work) {
  using result = std::variant<stored_t<await_result_t<Ws>>...>;
  task_awaiter self;
  auto& task = co_await self;
  race_state<result> state;
  std::exception_ptr cancelled;
  const auto body = [&](task_group& group) -> awaitable<void> {
    (group.spawn(run_racer<Is, result, Late, await_result_t<Ws>>, std::ref(state), std::ref(group),
                 std::ref(late), Is, racing(std::move(work), state.decided)),
     ...);
    co_return;
  };
  try {
    co_await task_group::run(body);
  } catch (...) { cancelled = std::current_exception(); }
  co_return take_winner(state, cancelled, task);
}

template <class Late, class W>
awaitable<stored_t<await_result_t<W>>> race_vector(Late late, std::vector<W> work) {
  if (work.empty()) throw std::invalid_argument("bight: race: the range is empty");
  using value = await_result_t<W>;
  using result = std::variant<stored_t<value>>;
  task_awaiter self;
  auto& task = co_await self;
  race_state<result> state;
  std::exception_ptr cancelled;
  const auto body = [&](task_group& group) -> awaitable<void> {
    for (std::size_t i = 0; i != work.size(); ++i) {
      auto racer = racing(std::move(work[i]), state.decided);
      group.spawn(run_racer<0, result, Late, value>, std::ref(state), std::ref(group), std::ref(late), i,
                  std::move(racer));
    }
    co_return;
  };
  try {
    co_await task_group::run(body);
  } catch (...) { cancelled = std::current_exception(); }
  auto winner = take_winner(state, cancelled, task);
  co_return std::get<0>(std::move(winner));
}

/// An rvalue range of awaitables.
template <class R>
concept racers = input_range<R> && awaitable_type<range_value_t<R>> && (!std::is_lvalue_reference_v<R>);

template <racers R>
auto racers_of(R&& work) {
  std::vector<decltype(racer_of(std::declval<range_value_t<R>>()))> list;
  for (auto&& w : work) list.push_back(racer_of(std::move(w)));
  return list;
}

}  // namespace detail

/// Awaits all arguments concurrently until the first completes, with a result or an error; then cancels and
/// awaits the others, and returns the result or throws the error (JavaScript's Promise.race, but no loser
/// keeps running).
///
///     auto first = co_await bight::race(listener.accept(), stopping.wait());
///     if (auto* s = std::get_if<0>(&first)) serve(std::move(*s));
///
/// Returns a std::variant whose index is that of the argument, with std::monostate for void and
/// std::reference_wrapper for references.
///
/// Losers: a primitive that is passed directly (get or put of a queue, or acquire of a semaphore, lock, rate
/// limiter; next of a broadcast) stops waiting, and if it was granted something in the same turn, that is
/// passed to the next waiter. A net::listener keeps a connection that it accepted in that turn for the next
/// `accept`. A coroutine, a task, a thread call or an Asio operation may still return a result; it is dropped
/// unless a callback takes it (see below). Errors of losers are dropped.
///
/// Cancellation: cancels and awaits all; a result that was produced before is returned.
template <class... As>
  requires(sizeof...(As) != 0) && (detail::awaitable_type<As> && ...)
awaitable<std::variant<detail::stored_t<detail::await_result_t<As>>...>> race(As&&... work) {
  return detail::race_tuple(std::index_sequence_for<As...>{}, detail::no_late{},
                            detail::racer_of(std::forward<As>(work))...);
}

/// Same for a range of awaitables. Returns the result. Errors: std::invalid_argument if the range is empty.
template <detail::racers R>
awaitable<detail::stored_t<detail::await_result_t<detail::range_value_t<R>>>> race(R&& work) {
  return detail::race_vector(detail::no_late{}, detail::racers_of(std::forward<R>(work)));
}

/// Same with a callback for late results: `late(index, value)` is called before `race` returns, for each
/// result of a type that it accepts.
///
///     auto keep = [&](std::size_t, connection c) { spare.push_back(std::move(c)); };
///     auto first = co_await bight::race(keep, dial(primary), dial(secondary));
///
/// Exceptions of `late` are passed to the loop's exception handler.
template <class Late, class... As>
  requires(!detail::awaitable_type<Late> && sizeof...(As) != 0 && (detail::awaitable_type<As> && ...) &&
           (std::invocable<std::decay_t<Late>&, std::size_t, detail::stored_t<detail::await_result_t<As>>> ||
            ...))
awaitable<std::variant<detail::stored_t<detail::await_result_t<As>>...>> race(Late&& late, As&&... work) {
  return detail::race_tuple(std::index_sequence_for<As...>{}, std::decay_t<Late>(std::forward<Late>(late)),
                            detail::racer_of(std::forward<As>(work))...);
}
/// Same for a range.
template <class Late, detail::racers R>
  requires std::invocable<std::decay_t<Late>&, std::size_t,
                          detail::stored_t<detail::await_result_t<detail::range_value_t<R>>>>
awaitable<detail::stored_t<detail::await_result_t<detail::range_value_t<R>>>> race(Late&& late, R&& work) {
  return detail::race_vector(std::decay_t<Late>(std::forward<Late>(late)),
                             detail::racers_of(std::forward<R>(work)));
}

}  // namespace bight
