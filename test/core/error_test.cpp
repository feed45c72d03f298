// Error codes and the exceptions that carry them.
#include <bight/core/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace bight::error_test {

using ::testing::HasSubstr;

constexpr errc all[] = {
    errc::timed_out,        errc::queue_shut_down, errc::recursion,      errc::deadlock,
    errc::group_closed,     errc::wrong_loop,      errc::loop_running,   errc::not_retrievable,
    errc::configuration,    errc::interrupted,     errc::value_moved,    errc::lagged,
    errc::pool_closed,      errc::destroyed,       errc::broken_barrier, errc::broken_promise,
    errc::limit_exceeded,   errc::unexpected_end,  errc::half_written,   errc::process_failed,
    errc::worker_not_ready, errc::worker_died,     errc::remote_failed,  errc::unknown_function};

TEST(error, every_code_has_a_message_of_its_own) {
  std::set<std::string> messages;
  for (const auto code : all) {
    const boost::system::error_code ec = code;
    EXPECT_TRUE(ec.failed());
    EXPECT_EQ(ec.category(), core_category());
    EXPECT_THAT(ec.message(), ::testing::Not(HasSubstr("unknown")));
    messages.insert(ec.message());
  }
  EXPECT_EQ(messages.size(), std::size(all));
}

TEST(error, the_category_is_bight_core) { EXPECT_STREQ(core_category().name(), "bight.core"); }

TEST(error, an_unknown_code_has_a_message_too) { EXPECT_FALSE(core_category().message(12345).empty()); }

TEST(error, exceptions_carry_their_code) {
  EXPECT_EQ(timeout_error{}.code(), errc::timed_out);
  EXPECT_EQ(queue_shut_down{}.code(), errc::queue_shut_down);
  EXPECT_EQ(recursion_error{}.code(), errc::recursion);
  EXPECT_EQ(deadlock_error{"report"}.code(), errc::deadlock);
  EXPECT_EQ(interrupt_error{2}.code(), errc::interrupted);
}

TEST(error, exceptions_are_system_errors) {
  try {
    throw timeout_error{};
  } catch (const boost::system::system_error& e) { EXPECT_THAT(e.what(), HasSubstr("timed out")); }
}

TEST(error, deadlock_error_shows_its_report) {
  const deadlock_error e{"task 7 waits for queue::get"};
  EXPECT_THAT(e.what(), HasSubstr("task 7 waits for queue::get"));
  EXPECT_THAT(e.what(), HasSubstr("deadlock"));
}

TEST(error, interrupt_error_names_its_signal) {
  const interrupt_error e{15};
  EXPECT_EQ(e.signal(), 15);
  EXPECT_THAT(e.what(), HasSubstr("15"));
}

}  // namespace bight::error_test
