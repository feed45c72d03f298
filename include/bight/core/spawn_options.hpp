// named, eager: how a task is started.
#pragma once
#include <bight/core/detail/task_core.hpp>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

namespace bight {

/// Gives the task that is spawned with it a name (the `name` of asyncio.create_task), and tells reports where
/// it was spawned.
///
///     auto t = bight::spawn(bight::named("fetcher", fetch), url);
///     group.spawn(bight::eager(bight::named("first", fetch)), url);
template <class F>
detail::spawn_request<std::decay_t<F>> named(std::string name, F&& f,
                                             std::source_location where = std::source_location::current()) {
  return {std::forward<F>(f), std::move(name), where, false};
}
template <class F>
detail::spawn_request<F> named(std::string name, detail::spawn_request<F> f,
                               std::source_location where = std::source_location::current()) {
  f.name = std::move(name);
  f.where = where;
  return f;
}

/// Lets the task that is spawned with it begin at once, inside `spawn`, until it first waits
/// (`eager_start=True` of asyncio.create_task): what ends without waiting never meets the loop.
///
/// It is a task of its own from the beginning: what it throws is its own error, and does not come out of
/// `spawn`. More than 100 first steps inside each other begin in their turn instead.
template <class F>
detail::spawn_request<std::decay_t<F>> eager(F&& f) {
  return {std::forward<F>(f), {}, {}, true};
}
template <class F>
detail::spawn_request<F> eager(detail::spawn_request<F> f) {
  f.eager = true;
  return f;
}

}  // namespace bight
