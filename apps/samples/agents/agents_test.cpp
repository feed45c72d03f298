// Tests with the fake API in memory and in virtual time: a poet that needs a second per word costs nothing
// here.
#define AGENTS_TEST
#include "main.cpp"

#include <gmock/gmock.h>
#include <bight/testing.hpp>
#include <bight/testing_http.hpp>

#include <algorithm>
#include <functional>

using ::testing::HasSubstr;

namespace {

class api {
 public:
  api() : client_(fake::model_api()), inside_(client_.network()) {}

  team make_team(std::size_t tokens = 1000) {
    return {make_client(),
            "http://model.test",
            tokens,
            {{"calculate", calculate}},
            [this](const std::string& name, const std::string&) { heard.push_back(name); }};
  }
  std::vector<std::string> heard;

 private:
  bight::testing::test_client client_;
  net::network_scope inside_;
};

agent of(std::string model) { return {model, model, "You are a test."}; }

}  // namespace

ASYNC_TEST(agents, all_answer_and_call_tools) {
  api a;
  auto t = a.make_team();
  std::vector<report> reports;
  const std::vector<agent> who{of("quick"), of("calculating"), of("busy")};
  co_await t.ask(who, "why", 30s, reports);
  for (const auto& r : reports) EXPECT_EQ(r.end, "complete") << r.name;
  EXPECT_EQ(reports[0].text, "quick thinks about: why ");
  EXPECT_EQ(reports[1].tool_calls, 1U);
  EXPECT_THAT(reports[1].text, HasSubstr("42"));
}

ASYNC_TEST(agents, one_that_is_slow_is_cut_off_and_what_it_said_is_kept) {
  api a;
  auto t = a.make_team();
  std::vector<report> reports;
  const auto start = bight::clock::now();
  const std::vector<agent> who{of("quick"), of("slow")};
  co_await t.ask(who, "one two three four", 4s, reports);
  EXPECT_EQ(bight::clock::now() - start, 4s);
  EXPECT_EQ(reports[0].end, "complete");
  EXPECT_EQ(reports[1].end, "out of time");
  EXPECT_THAT(reports[1].text, HasSubstr("slow thinks"));
}

ASYNC_TEST(agents, the_budget_ends_all) {
  api a;
  auto t = a.make_team(5);
  std::vector<report> reports;
  const std::vector<agent> who{of("quick"), of("slow")};
  co_await t.ask(who, "one two three four", 60s, reports);
  EXPECT_EQ(reports[0].end, "the budget is used up");
  EXPECT_EQ(reports[1].end, "the budget is used up");
  EXPECT_EQ(t.tokens_left(), 0U);
}

ASYNC_TEST(agents, cancelling_keeps_what_was_said) {
  api a;
  auto t = a.make_team();
  std::vector<report> reports;
  const std::vector<agent> slow{of("slow")};
  auto asking = bight::spawn([&] { return t.ask(slow, "one two", 60s, reports); });
  co_await bight::sleep(3500ms);
  asking.cancel();
  co_await asking.wait();
  EXPECT_EQ(reports[0].end, "cancelled");
  EXPECT_EQ(reports[0].text, "slow thinks about: ");
}

ASYNC_TEST(agents, answers_are_streamed_side_by_side) {
  api a;
  auto t = a.make_team();
  std::vector<report> reports;
  const std::vector<agent> who{of("quick"), of("calculating")};
  co_await t.ask(who, "a b c d", 60s, reports);
  EXPECT_NE(std::adjacent_find(a.heard.begin(), a.heard.end(), std::not_equal_to<>()), a.heard.end());
}
