// Streams on a real server.
#include <bight/pg/row_stream.hpp>

#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/pg/codec.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <string>

#include "support/pg_failures.hpp"

namespace bight::pg::row_stream_test {

using namespace std::chrono_literals;
using test::code_of;

class pg_row_stream : public testing::pg_test {};

awaitable<int> count(row_stream& rows) {
  int n = 0;
  const auto* row = co_await rows.next();
  while (row) {
    EXPECT_EQ(row->get<int>(0), ++n);
    row = co_await rows.next();
  }
  co_return n;
}

ASYNC_TEST_F(pg_row_stream, returns_all_rows_whatever_the_batch) {
  for (const std::uint32_t batch : {1U, 7U, 1000U, 100'000U}) {
    auto rows = db.stream("select generate_series(1, $1::int)", 3000);
    rows.batch(batch);
    const auto n = co_await count(rows);
    EXPECT_EQ(n, 3000);
    const auto* end = co_await rows.next();
    EXPECT_EQ(end, nullptr);
    auto still = co_await db.fetch_value<int>("select 3");
    EXPECT_EQ(still, 3);
  }
}

ASYNC_TEST_F(pg_row_stream, keeps_the_connection_busy) {
  auto rows = db.stream("select generate_series(1, 5000)");
  static_cast<void>(co_await rows.next());
  EXPECT_EQ(rows.columns().at(0).name, "generate_series");
  const auto code = co_await code_of(db.execute("select 1"));
  EXPECT_EQ(code, errc::busy);
  co_await rows.close();
  auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
}

ASYNC_TEST_F(pg_row_stream, that_is_dropped_ends_the_query) {
  {
    auto rows = db.stream("select generate_series(1, 1000000000), repeat('x', 1000)");
    static_cast<void>(co_await rows.next());
  }
  auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
}

ASYNC_TEST_F(pg_row_stream, that_never_began) {
  { auto rows = db.stream("select 1"); }
  auto unused = db.stream("select 1");
  co_await unused.close();
  auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
}

ASYNC_TEST_F(pg_row_stream, an_error_in_the_middle) {
  auto rows = db.stream("select 10 / (50 - n) from generate_series(1, 100) n");
  rows.batch(20);
  int n = 0;
  auto all = [&]() -> awaitable<void> {
    const auto* row = co_await rows.next();
    while (row) {
      ++n;
      row = co_await rows.next();
    }
  };
  const auto code = co_await code_of(all());
  EXPECT_EQ(code, sqlstate::division_by_zero);
  EXPECT_EQ(n, 49);
  const auto* end = co_await rows.next();
  EXPECT_EQ(end, nullptr);
  auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
}

ASYNC_TEST_F(pg_row_stream, errors_at_the_start) {
  auto bad = db.stream("nonsense");
  auto code = co_await code_of(bad.next());
  EXPECT_EQ(code, sqlstate::syntax_error);
  auto few = db.stream("select $1::int");
  code = co_await code_of(few.next());
  EXPECT_EQ(code, errc::wrong_parameter);
  auto copy = db.stream("copy pg_class to stdout");
  code = co_await code_of(copy.next());
  EXPECT_EQ(code, errc::unexpected_copy);
  auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
}

ASYNC_TEST_F(pg_row_stream, that_is_cancelled_leaves_a_usable_connection) {
  auto rows = db.stream("select pg_sleep(20)");
  auto work = spawn([&]() -> awaitable<void> { static_cast<void>(co_await rows.next()); });
  co_await sleep(50ms);
  work.cancel();
  co_await work.wait();
  auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
}

ASYNC_TEST_F(pg_row_stream, inside_a_transaction) {
  co_await db.transaction([&](pg::connection& tx) -> awaitable<void> {
    auto rows = tx.stream("select generate_series(1, 10)");
    static_cast<void>(co_await rows.next());
    co_await rows.close();
    EXPECT_TRUE(tx.in_transaction());
    co_await tx.execute("select 1");
  });
}

}  // namespace bight::pg::row_stream_test
