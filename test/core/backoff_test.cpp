// backoff: delays that grow, with jitter.
#include <bight/core/backoff.hpp>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <limits>
#include <stdexcept>
#include <string>

namespace bight::backoff_test {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

backoff with(double drawn, backoff b) {
  return b.random([drawn] { return drawn; });
}

TEST(backoff, grows_by_the_factor_up_to_the_maximum) {
  const auto b = backoff{100ms, 1s, 3}.jitter(0);
  EXPECT_EQ(b.delay(1), 100ms);
  EXPECT_EQ(b.delay(2), 300ms);
  EXPECT_EQ(b.delay(3), 900ms);
  EXPECT_EQ(b.delay(4), 1s);
  EXPECT_EQ(b.delay(std::numeric_limits<unsigned>::max()), 1s);
}

TEST(backoff, full_jitter_is_the_default) {
  EXPECT_EQ(with(0, backoff{100ms, 1s}).delay(2), 0ms);
  EXPECT_EQ(with(0.5, backoff{100ms, 1s}).delay(2), 100ms);
  EXPECT_EQ(with(1, backoff{100ms, 1s}).delay(2), 200ms);
}

TEST(backoff, jitter_is_the_random_share_of_the_delay) {
  EXPECT_EQ(with(0, backoff{100ms, 1s}.jitter(0.5)).delay(1), 50ms);
  EXPECT_EQ(with(0.5, backoff{100ms, 1s}.jitter(0.5)).delay(1), 75ms);
  EXPECT_EQ(with(1, backoff{100ms, 1s}.jitter(0.5)).delay(1), 100ms);
}

TEST(backoff, random_numbers_out_of_range_are_clamped) {
  EXPECT_EQ(with(-3, backoff{100ms, 1s}).delay(1), 0ms);
  EXPECT_EQ(with(7, backoff{100ms, 1s}).delay(1), 100ms);
}

TEST(backoff, draws_from_the_whole_range_by_default) {
  const auto b = backoff{1s, 1s}.jitter(0.5);
  bool low = false;
  bool high = false;
  for (int i = 0; i != 200; ++i) {
    const auto d = b.delay(1);
    EXPECT_GE(d, 500ms);
    EXPECT_LE(d, 1s);
    low = low || d < 700ms;
    high = high || d > 800ms;
  }
  EXPECT_TRUE(low && high);
}

TEST(backoff, of_zero_is_no_delay_and_of_forever_does_not_overflow) {
  EXPECT_EQ((backoff{0ms, 0ms}.delay(3)), 0ms);
  EXPECT_GT((backoff{forever, forever}.jitter(0).delay(30)), 24h * 365 * 290);
}

TEST(backoff, set_keeps_jitter_and_random_numbers) {
  auto b = with(0.5, backoff{1s, 1s}.jitter(0.5));
  b.set(100ms, 1s);
  EXPECT_EQ(b.delay(1), 75ms);
}

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const std::invalid_argument& e) { return e.what(); }
  return "accepted";
}

TEST(backoff, refuses_settings_that_make_no_sense_and_names_the_value) {
  EXPECT_THAT(refusal([] { backoff{-1ns, 1s}; }), HasSubstr("-1 ns"));
  EXPECT_THAT(refusal([] { backoff{2s, 1s}; }), HasSubstr("1000000000 ns"));
  EXPECT_THAT(refusal([] { backoff{1s, 2s, 0.5}; }), HasSubstr("0.5"));
  EXPECT_THAT(refusal([] { backoff{}.jitter(1.5); }), HasSubstr("1.5"));
  EXPECT_THAT(refusal([] { backoff{}.jitter(std::numeric_limits<double>::quiet_NaN()); }), HasSubstr("nan"));
}

TEST(backoff, of_a_retry_policy_is_used_for_its_delays) {
  retry_policy policy;
  policy.attempts(3).backoff(backoff{100ms, 1s}.jitter(0));
  retry_run run{policy};
  const auto error = std::make_exception_ptr(timeout_error{});
  EXPECT_EQ(run.next(error), 100ms);
  EXPECT_EQ(run.next(error), 200ms);
}

}  // namespace bight::backoff_test
