// How calls of PostgreSQL fail.
#pragma once
#include <bight/core/awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <string>
#include <utility>

namespace bight::test {

/// The code that `work` fails with; none if it succeeds.
template <class T>
awaitable<boost::system::error_code> code_of(awaitable<T> work) {
  try {
    co_await std::move(work);
  } catch (const boost::system::system_error& e) { co_return e.code(); }
  co_return boost::system::error_code{};
}

/// The text that `work` fails with.
template <class T>
awaitable<std::string> text_of_failure(awaitable<T> work) {
  try {
    co_await std::move(work);
  } catch (const std::exception& e) { co_return std::string{e.what()}; }
  co_return std::string{"no failure"};
}

/// The text of what `f()` throws.
template <class F>
std::string thrown(F f) {
  try {
    f();
  } catch (const std::exception& e) { return e.what(); }
  return "no failure";
}

}  // namespace bight::test
