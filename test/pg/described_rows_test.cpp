// Rows as described structs.
#include <bight/pg/described.hpp>

#include <bight/pg/codec.hpp>
#include <bight/pg/connection.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/pg_failures.hpp"

namespace bight::pg::described_rows_test {

using test::text_of_failure;
using ::testing::HasSubstr;

struct account {
  int id = 0;
  std::string name;
  std::optional<double> balance;
  friend bool operator==(const account&, const account&) = default;
};
BOOST_DESCRIBE_STRUCT(account, (), (id, name, balance))

class pg_described_rows : public testing::pg_test {};

ASYNC_TEST_F(pg_described_rows, columns_go_to_members_by_name) {
  auto all = co_await db.fetch<account>(
      "select 'ann' as name, true as unused, 1 as id, 2.5::float8 as balance union all select 'bob', false, "
      "2, null "
      "order by 3");
  CO_ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], (account{1, "ann", 2.5}));
  EXPECT_EQ(all[1], (account{2, "bob", std::nullopt}));
  auto one = co_await db.fetch_row("select 3 as id, 'cid' as name, null::float8 as balance");
  EXPECT_EQ(one->as<account>(), (account{3, "cid", std::nullopt}));
}

ASYNC_TEST_F(pg_described_rows, what_does_not_fit_names_column_type_and_member) {
  auto missing = co_await text_of_failure(db.fetch<account>("select 1 as id, 'x' as name where false"));
  EXPECT_THAT(missing, HasSubstr("no column for the member balance, only id, name"));
  auto wrong = co_await text_of_failure(
      db.fetch<account>("select 'one' as id, 'x' as name, 1::float8 as balance where false"));
  EXPECT_THAT(wrong, HasSubstr("column \"id\", member id"));
  EXPECT_THAT(wrong, HasSubstr("text"));
  auto null =
      co_await text_of_failure(db.fetch<account>("select 1 as id, null::text as name, 1::float8 as balance"));
  EXPECT_THAT(null, HasSubstr("column \"name\" is NULL"));
  auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
}

ASYNC_TEST_F(pg_described_rows, a_column_of_a_composite_type_is_the_value) {
  co_await db.execute("create type account as (id int, name text, balance float8)");
  auto all = co_await db.fetch<account>("select row(1, 'ann', 2.5)::account");
  CO_ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0], (account{1, "ann", 2.5}));
}

}  // namespace bight::pg::described_rows_test
