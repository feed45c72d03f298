// logger: levels, fields and lines.
#include <bight/logging/logger.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/log_capture.hpp"

namespace bight::logger_test {

using namespace std::chrono_literals;
using logging::logger;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class logger_levels : public ::testing::Test {
 protected:
  void TearDown() override { logging::set_level(log_level::info); }
};

TEST_F(logger_levels, a_message_has_a_name_and_fields) {
  const test::log_capture log;
  const logger orders{"orders"};
  const std::string customer = "A. Smith";
  orders.info("order stored", "id", 17, "customer", customer, "took", 12ms, "paid", true, "price", 1.5);
  orders.warning("slow", "n", std::uint64_t{18'446'744'073'709'551'615U}, "key", "x");
  orders.error("no fields");
  EXPECT_THAT(log.lines(),
              ElementsAre("orders: order stored id=17 customer=\"A. Smith\" took=0.012 paid=true price=1.5",
                          "orders: slow n=18446744073709551615 key=x", "orders: no fields"));
}

TEST_F(logger_levels, text_that_would_be_ambiguous_is_quoted) {
  const test::log_capture log;
  const logger l{"test"};
  l.info("m", "a", "", "b", "x=y", "c", "say \"hi\"", "d", "two\nlines", "e", "back\\slash", "bad key=", 1);
  l.info("m", "nan", std::numeric_limits<double>::quiet_NaN(), "inf",
         -std::numeric_limits<double>::infinity());
  EXPECT_THAT(log.lines(),
              ElementsAre(R"(test: m a="" b="x=y" c="say \"hi\"" d="two\nlines" e="back\\slash" bad_key_=1)",
                          "test: m nan=nan inf=-inf"));
}

TEST_F(logger_levels, a_message_cannot_forge_lines) {
  const test::log_capture log;
  const logger l{"test"};
  l.info("first\n2026-01-01T00:00:00.000Z error forged\x1b[2J\r");
  EXPECT_THAT(log.lines(),
              ElementsAre("test: first\n    2026-01-01T00:00:00.000Z error forged\\x1b[2J\\x0d"));
}

TEST_F(logger_levels, levels_are_shared_by_name_and_set_by_text) {
  const test::log_capture log;
  const logger one{"shared"};
  const logger same{"shared"};
  const logger other{"other"};
  EXPECT_FALSE(one.enabled(log_level::debug));
  one.debug("no");
  logging::set_level(log_level::debug, "shared");
  same.debug("yes");
  EXPECT_FALSE(other.enabled(log_level::debug));
  logging::set_levels("warning,other=debug");
  EXPECT_EQ(one.level(), log_level::warning);
  EXPECT_EQ(other.level(), log_level::debug);
  EXPECT_EQ(logger{"later"}.level(), log_level::warning);
  EXPECT_EQ(logging::levels(), "warning,other=debug");
  EXPECT_THAT(log.lines(), ElementsAre("shared: yes"));
}

TEST_F(logger_levels, what_is_not_understood_is_named_and_changes_nothing) {
  for (const std::string wrong : {"", "loud", "error,db=loud", "a b=debug", "=debug", "debug,,info"}) {
    std::string said;
    try {
      logging::set_levels(wrong);
    } catch (const std::invalid_argument& e) { said = e.what(); }
    EXPECT_FALSE(said.empty()) << wrong;
    EXPECT_EQ(logger{"db"}.level(), log_level::info) << wrong;
  }
  EXPECT_THROW(logger{""}, std::invalid_argument);
  EXPECT_THROW(logger{"a b"}, std::invalid_argument);
}

}  // namespace bight::logger_test
