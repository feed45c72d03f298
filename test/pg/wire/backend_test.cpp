#include "pg/wire/backend.hpp"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "support/pg_messages.hpp"

namespace bight::pg::wire::backend_test {

namespace server = test::server;
using namespace std::string_view_literals;

std::string body_of(const std::string& message) { return message.substr(5); }

TEST(pg_backend, reports) {
  report r;
  const auto bytes = server::report('E', "ERROR", "23505", "duplicate",
                                    "Dkey\0Hthink\0P12\0Wctx\0sS\0tT\0cC\0dY\0nN\0Zfuture\0"sv);
  const auto body = body_of(bytes);
  ASSERT_TRUE(parse_report(body, r));
  EXPECT_EQ(r.severity, "ERROR");
  EXPECT_EQ(r.state, "23505");
  EXPECT_EQ(r.message, "duplicate");
  EXPECT_EQ(r.detail, "key");
  EXPECT_EQ(r.hint, "think");
  EXPECT_EQ(r.position, "12");
  EXPECT_EQ(r.where, "ctx");
  EXPECT_EQ(r.schema, "S");
  EXPECT_EQ(r.table, "T");
  EXPECT_EQ(r.column, "C");
  EXPECT_EQ(r.data_type, "Y");
  EXPECT_EQ(r.constraint, "N");
}

TEST(pg_backend, a_severity_that_is_not_translated_wins) {
  report r;
  ASSERT_TRUE(parse_report("SFEHLER\0VERROR\0\0"sv, r));
  EXPECT_EQ(r.severity, "ERROR");
}

TEST(pg_backend, truncated_reports_are_refused) {
  const auto body = body_of(server::error("23505", "duplicate"));
  for (std::size_t n = 0; n != body.size(); ++n) {
    report r;
    EXPECT_FALSE(parse_report(std::string_view{body}.substr(0, n), r)) << n;
  }
}

TEST(pg_backend, columns) {
  std::vector<column_description> all;
  const auto body = body_of(server::columns({{"id", 23}, {"name", 25, 0}}));
  ASSERT_TRUE(parse_columns(body, all));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "id");
  EXPECT_EQ(all[0].type, 23U);
  EXPECT_EQ(all[0].format, 1);
  EXPECT_EQ(all[1].name, "name");
  EXPECT_EQ(all[1].modifier, -1);
  for (std::size_t n = 0; n != body.size(); ++n)
    EXPECT_FALSE(parse_columns(std::string_view{body}.substr(0, n), all)) << n;
  EXPECT_FALSE(parse_columns(body + 'x', all));
}

TEST(pg_backend, a_number_of_columns_that_is_a_lie_reserves_nothing) {
  std::vector<column_description> all;
  EXPECT_FALSE(parse_columns(std::string("\xff\xff", 2), all));
  EXPECT_LE(all.capacity(), 1U);
}

TEST(pg_backend, parameter_types) {
  std::vector<std::uint32_t> types;
  ASSERT_TRUE(parse_parameter_types(server::n16(2) + server::n32(23) + server::n32(25), types));
  EXPECT_EQ(types, (std::vector<std::uint32_t>{23, 25}));
  EXPECT_FALSE(parse_parameter_types(server::n16(2) + server::n32(23), types));
  EXPECT_FALSE(parse_parameter_types(server::n16(0) + server::n32(23), types));
}

TEST(pg_backend, rows) {
  const auto body = body_of(server::row({"ab", std::nullopt, ""}));
  EXPECT_TRUE(valid_row(body, 3));
  EXPECT_FALSE(valid_row(body, 2));
  EXPECT_FALSE(valid_row(body, 4));
  for (std::size_t n = 0; n != body.size(); ++n)
    EXPECT_FALSE(valid_row(std::string_view{body}.substr(0, n), 3)) << n;
  EXPECT_FALSE(valid_row(body + 'x', 3));
  EXPECT_FALSE(valid_row(server::n16(1) + server::n32(0xfffffffe), 1));  // a length of -2
  EXPECT_FALSE(valid_row(server::n16(1) + server::n32(0x7fffffff), 1));
}

TEST(pg_backend, tags) {
  EXPECT_EQ(rows_of_tag("INSERT 0 5"), 5U);
  EXPECT_EQ(rows_of_tag("SELECT 10000000000"), 10'000'000'000U);
  EXPECT_EQ(rows_of_tag("CREATE TABLE"), 0U);
  EXPECT_EQ(rows_of_tag(""), 0U);
  EXPECT_EQ(rows_of_tag("SELECT 99999999999999999999999"), 0U);
}

TEST(pg_backend, keys_may_be_longer_in_later_versions) {
  std::uint32_t pid = 0;
  std::string_view key;
  const auto short_one = server::n32(7) + "abcd";
  EXPECT_TRUE(parse_backend_key(short_one, pid, key));
  EXPECT_EQ(pid, 7U);
  EXPECT_EQ(key, "abcd");
  EXPECT_TRUE(parse_backend_key(server::n32(7) + std::string(256, 'k'), pid, key));
  EXPECT_FALSE(parse_backend_key(server::n32(7) + std::string(257, 'k'), pid, key));
  EXPECT_FALSE(parse_backend_key(server::n32(7), pid, key));
}

TEST(pg_backend, copies) {
  char format = 9;
  std::uint16_t columns = 0;
  EXPECT_TRUE(
      parse_copy(std::string(1, '\1') + server::n16(2) + server::n16(1) + server::n16(1), format, columns));
  EXPECT_EQ(format, 1);
  EXPECT_EQ(columns, 2);
  EXPECT_FALSE(parse_copy(std::string(1, '\2') + server::n16(0), format, columns));
  EXPECT_FALSE(parse_copy(std::string(1, '\1') + server::n16(2) + server::n16(1), format, columns));
}

}  // namespace bight::pg::wire::backend_test
