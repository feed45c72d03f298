// Cursors on a real server.
#include <bight/pg/cursor.hpp>

#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/pg/codec.hpp>
#include <bight/pg/connection.hpp>
#include <bight/pg/pool.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/pg_failures.hpp"

namespace bight::pg::cursor_test {

using namespace std::chrono_literals;
using test::code_of;
using ::testing::ElementsAre;

class pg_cursor : public testing::pg_test {
 protected:
  awaitable<void> visit_in_parts(pg::connection& c) {
    auto rows = co_await c.cursor("select i, 'n' || i as name from generate_series(1, $1) i", 10);
    EXPECT_EQ(rows.columns().at(1).name, "name");
    const auto first = co_await rows.fetch(3);
    EXPECT_EQ(first.size(), 3U);
    EXPECT_EQ(first[2].get<std::string>("name"), "n3");
    // The connection is free in between, also for another cursor.
    auto others = co_await c.cursor("select i from generate_series(100, 102) i");
    const auto hundred = co_await others.fetch<int>(1);
    EXPECT_THAT(hundred, ElementsAre(100));
    const auto n = co_await c.fetch_value<int>("select $1::int", 5);
    EXPECT_EQ(n, 5);
    const auto skipped = co_await rows.forward(2);
    EXPECT_EQ(skipped, 2U);
    const auto row = co_await rows.fetch_row();
    EXPECT_EQ(row->get<int>("i"), 6);
    const auto typed = co_await rows.fetch_row<std::tuple<int, std::string>>();
    EXPECT_EQ(std::get<1>(*typed), "n7");
    EXPECT_FALSE(rows.at_end());
    const auto rest = co_await rows.fetch(100);
    EXPECT_EQ(rest.size(), 3U);
    EXPECT_TRUE(rows.at_end());
    const auto none = co_await rows.fetch(1);
    EXPECT_TRUE(none.empty());
    EXPECT_EQ(none.columns().size(), 2U);
    const auto no_row = co_await rows.fetch_row();
    EXPECT_FALSE(no_row);
    co_await rows.close();
    co_await rows.close();
    const auto two = co_await others.fetch<int>(2);
    EXPECT_THAT(two, ElementsAre(101, 102));
    const auto nothing = co_await others.fetch<int>(0);
    EXPECT_TRUE(nothing.empty());
  }
};

ASYNC_TEST_F(pg_cursor, rows_in_parts) {
  co_await db.transaction([&](pg::connection& tx) { return visit_in_parts(tx); });
  auto o = options();
  o.prepare = prepare_mode::one_shot;
  auto other = co_await connect(o);
  co_await other.transaction([&](pg::connection& tx) { return visit_in_parts(tx); });
}

ASYNC_TEST_F(pg_cursor, exists_only_inside_a_transaction) {
  auto code = co_await code_of(db.cursor("select 1"));
  EXPECT_EQ(code, errc::transaction_state);
  pg::cursor rows;
  code = co_await code_of(rows.fetch(1));
  EXPECT_EQ(code, errc::transaction_state);
  auto tx = co_await db.begin();
  rows = co_await db.cursor("select generate_series(1, 10)");
  co_await tx.commit();
  code = co_await code_of(rows.fetch(1));
  EXPECT_EQ(code, make_sqlstate("34000"));
  rows = pg::cursor{};
  const auto one = co_await db.fetch_value<int>("select 1");
  EXPECT_EQ(one, 1);
}

ASYNC_TEST_F(pg_cursor, is_closed_at_the_server_when_it_is_destroyed) {
  auto tx = co_await db.begin();
  auto open_ones = [&] { return db.fetch_value<std::int64_t>("select count(*) from pg_cursors"); };
  {
    const auto rows = co_await db.cursor("select generate_series(1, 10)");
    const auto n = co_await open_ones();
    EXPECT_GE(n, 1);
  }
  static_cast<void>(co_await open_ones());  // closes it
  const auto n = co_await db.fetch_value<std::int64_t>(
      "select count(*) from pg_cursors where statement like '%generate_series(1, 10)%' and name <> ''");
  EXPECT_EQ(n, 0);
  co_await tx.rollback();
}

ASYNC_TEST_F(pg_cursor, outlives_the_eviction_of_its_statement) {
  auto o = options();
  o.statement_cache_size = 1;
  auto small = co_await connect(o);
  auto tx = co_await small.begin();
  auto rows = co_await small.cursor("select generate_series(1, $1)", 4);
  for (int i = 0; i != 3; ++i)
    static_cast<void>(co_await small.fetch_value<int>("select $1::int + " + std::to_string(i), 1));
  const auto some = co_await rows.fetch<int>(4);
  EXPECT_THAT(some, ElementsAre(1, 2, 3, 4));
  co_await tx.commit();
}

ASYNC_TEST_F(pg_cursor, errors_and_time_outs_of_the_query) {
  auto tx = co_await db.begin();
  auto code = co_await code_of(db.cursor("select nothing"));
  EXPECT_EQ(code, sqlstate::undefined_column);
  co_await tx.rollback();
  tx = co_await db.begin();
  auto rows = co_await db.cursor("select 1 / (3 - i) from generate_series(1, 10) i");
  const auto two = co_await rows.fetch<int>(2);
  EXPECT_THAT(two, ElementsAre(0, 1));
  code = co_await code_of(rows.fetch<int>(2));
  EXPECT_EQ(code, sqlstate::division_by_zero);
  co_await tx.rollback();
  tx = co_await db.begin();
  rows = co_await db.cursor(pg::query("select pg_sleep(20) from generate_series(1, 2)").timeout(50ms));
  code = co_await code_of(rows.fetch(1));
  EXPECT_EQ(code, make_error_code(bight::errc::timed_out));
  co_await tx.rollback();
  const auto one = co_await db.fetch_value<int>("select 1");
  EXPECT_EQ(one, 1);
}

}  // namespace bight::pg::cursor_test
