// How tasks and awaitables ended, as a text to compare.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/cancel.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/task.hpp>
#include <exception>
#include <functional>
#include <string>

namespace bight::test {

/// "cancelled", or the text of the error.
inline std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const cancelled_error&) { return "cancelled"; } catch (...) {
    return describe(std::current_exception());
  }
}

/// "running", "done", "cancelled", or the text of the error. Counts as retrieving it.
template <class T>
std::string end_of(const task<T>& t) {
  if (!t.done()) return "running";
  const auto error = t.exception();
  return error ? text_of(error) : "done";
}

/// Awaits `body()`: "done", "cancelled", or the text of the error.
inline awaitable<std::string> end_of(std::function<awaitable<void>()> body) {
  try {
    co_await body();
  } catch (...) { co_return text_of(std::current_exception()); }
  co_return "done";
}

/// What `f()` throws, as a text; empty if nothing.
template <class F>
std::string thrown_by(F&& f) {
  try {
    f();
  } catch (...) { return text_of(std::current_exception()); }
  return {};
}

}  // namespace bight::test
