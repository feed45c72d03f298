#include <bight/testing/async_test.hpp>

#include <bight/core/exception_group.hpp>

namespace bight::testing::detail {

void run_test(awaitable<void> (*body)()) { run_fixture_test(body); }

void run_fixture_test(const std::function<awaitable<void>()>& body) {
  try {
    run_virtual(body);
  } catch (...) { ADD_FAILURE() << "the test ended with: " << describe(std::current_exception()); }
}

void report_mismatch(const char* file, int line, const char* text, const std::string& expected,
                     const std::string& actual, const std::string& explanation) {
  auto failure = ::testing::Message{} << "Value of: " << text << "\nExpected: " << expected
                                      << "\n  Actual: " << actual;
  if (!explanation.empty()) failure << ", " << explanation;
  ADD_FAILURE_AT(file, line) << failure.GetString();
}

}  // namespace bight::testing::detail
