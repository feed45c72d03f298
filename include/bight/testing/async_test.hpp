// ASYNC_TEST and CO_ASSERT_*: GoogleTest for coroutines, in virtual time.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <bight/core/awaitable.hpp>
#include <bight/core/run.hpp>

#include <exception>
#include <functional>
#include <string>

namespace bight::testing {

/// Runs `f(args...)` in virtual time and returns its result. The clock stands still while a task can run, and
/// jumps to the next deadline when all tasks wait; while threads or sockets are in use, it runs at real
/// speed. Errors: those of `run`; deadlock_error lists the waiting tasks.
template <class F, class... Args>
  requires bight::detail::async_callable<F, Args...>
bight::detail::call_result_t<F, Args...> run_virtual(F&& f, Args&&... args) {
  constexpr run_options options{.loop = {.clock = clock_mode::virtual_}, .handle_signals = false};
  return bight::run(options, std::forward<F>(f), std::forward<Args>(args)...);
}

namespace detail {

/// Runs the body of an ASYNC_TEST; an exception fails the test.
void run_test(awaitable<void> (*body)());

void run_fixture_test(const std::function<awaitable<void>()>& body);

/// Runs set-up, body and tear-down of an ASYNC_TEST_F.
template <class Test>
struct fixture_access {
  static awaitable<void> run(Test& t) {
    std::exception_ptr error;
    try {
      if constexpr (requires { t.async_set_up(); }) co_await t.async_set_up();
      if (!::testing::Test::HasFatalFailure()) co_await t.async_body();
    } catch (...) { error = std::current_exception(); }
    if constexpr (requires { t.async_tear_down(); }) co_await t.async_tear_down();
    if (error) std::rethrow_exception(error);
  }
};

void report_mismatch(const char* file, int line, const char* text, const std::string& expected,
                     const std::string& actual, const std::string& explanation);

/// Whether `value` matches; otherwise records a fatal failure.
template <class T, class M>
bool check(const char* file, int line, const char* text, const T& value, const M& matcher) {
  const auto typed = ::testing::SafeMatcherCast<const T&>(matcher);
  ::testing::StringMatchResultListener listener;
  if (typed.MatchAndExplain(value, &listener)) return true;
  std::ostringstream expected;
  typed.DescribeTo(&expected);
  report_mismatch(file, line, text, expected.str(), ::testing::PrintToString(value), listener.str());
  return false;
}

}  // namespace detail
}  // namespace bight::testing

/// A test whose body is a coroutine, run in virtual time: `ASYNC_TEST(queue, get_waits_for_an_item) { ...
/// co_await ...; }`. Use EXPECT_* on values that have been awaited before, and CO_ASSERT_* instead of
/// ASSERT_*.
#define ASYNC_TEST(suite, name)                                                                 \
  static ::bight::awaitable<void> bight_async_test_##suite##_##name();                          \
  TEST(suite, name) { ::bight::testing::detail::run_test(&bight_async_test_##suite##_##name); } \
  static ::bight::awaitable<void> bight_async_test_##suite##_##name()

/// TEST_F whose body is a coroutine. A fixture may have `awaitable<void> async_set_up()` and
/// `async_tear_down()`, which run on the same loop before and after the body; the tear-down always runs.
///
///     class database : public testing::Test {
///      protected:
///       bight::awaitable<void> async_set_up() { connection = co_await connect(); }
///       session connection;
///     };
///     ASYNC_TEST_F(database, answers) {
///       auto row = co_await connection.query("select 1");
///       EXPECT_EQ(row, "1");
///     }
#define ASYNC_TEST_F(fixture, name)                                                                       \
  class bight_async_test_##fixture##_##name final : public fixture {                                      \
   public:                                                                                                \
    void TestBody() override {                                                                            \
      ::bight::testing::detail::run_fixture_test([this] {                                                 \
        return ::bight::testing::detail::fixture_access<bight_async_test_##fixture##_##name>::run(*this); \
      });                                                                                                 \
    }                                                                                                     \
                                                                                                          \
   private:                                                                                               \
    friend struct ::bight::testing::detail::fixture_access<bight_async_test_##fixture##_##name>;          \
    ::bight::awaitable<void> async_body();                                                                \
    static const ::testing::TestInfo* const registered_;                                                  \
  };                                                                                                      \
  const ::testing::TestInfo* const bight_async_test_##fixture##_##name::registered_ =                     \
      ::testing::RegisterTest(#fixture, #name, nullptr, nullptr, __FILE__, __LINE__,                      \
                              []() -> fixture* { return new bight_async_test_##fixture##_##name; });      \
  ::bight::awaitable<void> bight_async_test_##fixture##_##name::async_body()

/// TEST_P whose body is a coroutine, a function of `self`, the fixture, and `param`, the parameter. The
/// fixture derives from testing::TestWithParam; members that the body uses must be public.
///
///     ASYNC_TEST_P(doubling, is_right) { auto n = co_await twice(param.first); EXPECT_EQ(n, param.second); }
///     INSTANTIATE_TEST_SUITE_P(numbers, doubling, testing::Values(std::pair{1, 2}, std::pair{3, 6}));
#define ASYNC_TEST_P(fixture, name)                                                                     \
  static ::bight::awaitable<void> bight_async_test_##fixture##_##name(fixture& self,                    \
                                                                      const fixture::ParamType& param); \
  TEST_P(fixture, name) {                                                                               \
    ::bight::testing::detail::run_fixture_test(                                                         \
        [this] { return bight_async_test_##fixture##_##name(*this, GetParam()); });                     \
  }                                                                                                     \
  static ::bight::awaitable<void> bight_async_test_##fixture##_##name(                                  \
      [[maybe_unused]] fixture& self, [[maybe_unused]] const fixture::ParamType& param)

/// ASSERT_THAT for coroutines: on a mismatch the test fails and the coroutine, which must be an
/// awaitable<void>, returns.
#define CO_ASSERT_THAT(value, matcher)                                                   \
  if (::bight::testing::detail::check(__FILE__, __LINE__, #value, (value), (matcher))) { \
  } else                                                                                 \
    co_return
#define CO_ASSERT_TRUE(condition) CO_ASSERT_THAT(static_cast<bool>(condition), ::testing::IsTrue())
#define CO_ASSERT_FALSE(condition) CO_ASSERT_THAT(static_cast<bool>(condition), ::testing::IsFalse())
#define CO_ASSERT_EQ(value, expected) CO_ASSERT_THAT(value, ::testing::Eq(expected))
#define CO_ASSERT_NE(value, unexpected) CO_ASSERT_THAT(value, ::testing::Ne(unexpected))
#define CO_ASSERT_LT(value, bound) CO_ASSERT_THAT(value, ::testing::Lt(bound))
#define CO_ASSERT_LE(value, bound) CO_ASSERT_THAT(value, ::testing::Le(bound))
#define CO_ASSERT_GT(value, bound) CO_ASSERT_THAT(value, ::testing::Gt(bound))
#define CO_ASSERT_GE(value, bound) CO_ASSERT_THAT(value, ::testing::Ge(bound))
