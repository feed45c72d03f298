// The errors of operations on files.
#pragma once
#include <gtest/gtest.h>

#include <bight/core/awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <utility>

namespace bight::test {

/// The text of the system_error that `what` ends with, whose code must be `code`; "no error" otherwise.
template <class T>
awaitable<std::string> error_of(awaitable<T> what, boost::system::error_code code) {
  try {
    static_cast<void>(co_await std::move(what));
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), code) << e.what();
    co_return e.what();
  }
  co_return "no error";
}
template <>
inline awaitable<std::string> error_of(awaitable<void> what, boost::system::error_code code) {
  try {
    co_await std::move(what);
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), code) << e.what();
    co_return e.what();
  }
  co_return "no error";
}
/// ... of the system, by its errno.
template <class T>
awaitable<std::string> error_of(awaitable<T> what, int error) {
  return error_of(std::move(what), boost::system::error_code(error, boost::system::system_category()));
}
/// Expects it to end with that error.
template <class T, class Code>
awaitable<void> fails_with(awaitable<T> what, Code code) {
  const auto text = co_await error_of(std::move(what), code);
  EXPECT_NE(text, "no error") << "and not " << code;
}

}  // namespace bight::test
