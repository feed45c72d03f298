// named, eager: options of spawned tasks.
#pragma once
#include <bight/core/detail/task_core.hpp>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

namespace bight {

/// Names the spawned task (`name` of asyncio.create_task), and records where it was spawned, for reports.
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

/// Starts the spawned task immediately, inside `spawn`, until it first suspends (`eager_start=True` of
/// asyncio.create_task). A task that never suspends does not go through the loop.
///
/// It is a task of its own from the start: its exceptions do not leave `spawn`. If more than 100 eager starts
/// nest, further tasks start in a later turn.
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
