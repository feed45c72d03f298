// race: the first of several that ends decides.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/range.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/task_group.hpp>
#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace bight {

namespace detail {

/// What has decided a race.
template <class Result>
struct race_state {
  std::optional<Result> result;
  std::exception_ptr error;
  bool decided() const noexcept { return result || error; }
};

template <std::size_t I, class Result, class T>
awaitable<void> run_racer(race_state<Result>& state, task_group& group, awaitable<T> work) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(work);
      if (!state.decided()) state.result.emplace(std::in_place_index<I>);
    } else {
      T value = co_await std::move(work);
      if (!state.decided()) state.result.emplace(std::in_place_index<I>, std::forward<T>(value));
    }
  } catch (const cancelled_error&) { throw; } catch (...) {
    if (!state.decided()) state.error = std::current_exception();
  }
  group.cancel();
}

/// Ends a race: the result, the error, or the cancellation.
template <class Result>
Result take_winner(race_state<Result>& state, const std::exception_ptr& cancelled, task_base& task) {
  if (cancelled && state.decided()) task.reissue_cancel();  // the end came first
  if (state.error) std::rethrow_exception(state.error);
  if (state.result) return std::move(*state.result);
  if (cancelled) std::rethrow_exception(cancelled);
  throw task.take_cancel("race");
}

template <class... Ts, std::size_t... Is>
awaitable<std::variant<stored_t<Ts>...>> race_tuple(std::index_sequence<Is...>, awaitable<Ts>... work) {
  using result = std::variant<stored_t<Ts>...>;
  task_awaiter self;
  auto& task = co_await self;
  race_state<result> state;
  std::exception_ptr cancelled;
  const auto body = [&](task_group& group) -> awaitable<void> {
    (group.spawn(run_racer<Is, result, Ts>, std::ref(state), std::ref(group), std::move(work)).detach(), ...);
    co_return;
  };
  try {
    co_await task_group::run(body);
  } catch (...) { cancelled = std::current_exception(); }
  co_return take_winner(state, cancelled, task);
}

template <class T>
awaitable<stored_t<T>> race_vector(std::vector<awaitable<T>> work) {
  if (work.empty()) throw std::invalid_argument("bight: race: nobody takes part");
  using result = std::variant<stored_t<T>>;
  task_awaiter self;
  auto& task = co_await self;
  race_state<result> state;
  std::exception_ptr cancelled;
  const auto body = [&](task_group& group) -> awaitable<void> {
    for (auto& w : work)
      group.spawn(run_racer<0, result, T>, std::ref(state), std::ref(group), std::move(w)).detach();
    co_return;
  };
  try {
    co_await task_group::run(body);
  } catch (...) { cancelled = std::current_exception(); }
  auto winner = take_winner(state, cancelled, task);
  co_return std::get<0>(std::move(winner));
}

}  // namespace detail

/// Awaits all of them concurrently until the first has ended, with a result or an error; cancels the others,
/// waits for them, and returns the result, or throws the error (JavaScript's Promise.race, with an end for
/// everybody).
///
///     auto first = co_await bight::race(listener.accept(), stopping.wait());
///     if (auto* s = std::get_if<0>(&first)) serve(std::move(*s));
///
/// Gives a std::variant whose index is that of the argument; std::monostate stands for void,
/// std::reference_wrapper for references. What the others return or throw after that is dropped.
/// Cancellation: cancels all and waits for them; a result that came before is delivered.
template <class... As>
  requires(sizeof...(As) != 0) && (detail::awaitable_type<As> && ...)
awaitable<std::variant<detail::stored_t<detail::await_result_t<As>>...>> race(As&&... work) {
  return detail::race_tuple(std::index_sequence_for<As...>{},
                            detail::to_awaitable(std::forward<As>(work))...);
}

/// The same for a range of awaitables; gives the result. Throws std::invalid_argument if it is empty.
template <detail::input_range R>
  requires detail::awaitable_type<detail::range_value_t<R>> && (!std::is_lvalue_reference_v<R>)
awaitable<detail::stored_t<detail::await_result_t<detail::range_value_t<R>>>> race(R&& work) {
  std::vector<awaitable<detail::await_result_t<detail::range_value_t<R>>>> list;
  for (auto&& w : work) list.push_back(detail::to_awaitable(std::move(w)));
  return detail::race_vector(std::move(list));
}

}  // namespace bight
