// COPY on a real server.
#include <bight/pg/copy.hpp>

#include <bight/core/error.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/pg/codec.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "support/pg_failures.hpp"

namespace bight::pg::copy_test {

using namespace std::chrono_literals;
using test::code_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class pg_copy : public testing::pg_test {
 public:
  awaitable<void> async_set_up() {
    co_await testing::pg_test::async_set_up();
    co_await db.execute("create table t (a int, b text)");
  }
  awaitable<std::int64_t> count() {
    co_return co_await db.fetch_value<std::int64_t>("select count(*) from t");
  }
};

ASYNC_TEST_F(pg_copy, in_and_out) {
  auto in = co_await db.copy_in("copy t from stdin");
  co_await in.write("1\tann\n2");
  co_await in.write("\tbob\n3\t\\N\n");
  const auto done = co_await in.finish();
  EXPECT_EQ(done.rows, 3U);
  EXPECT_EQ(done.tag, "COPY 3");
  auto out = co_await db.copy_out("copy (select * from t order by a) to stdout (format csv)");
  std::vector<std::string> lines;
  auto line = co_await out.next();
  while (line) {
    lines.emplace_back(*line);
    line = co_await out.next();
  }
  EXPECT_THAT(lines, ElementsAre("1,ann\n", "2,bob\n", "3,\n"));
  auto again = co_await db.copy_out("copy (select * from t order by a) to stdout");
  std::string text;
  std::byte buffer[4];
  auto n = co_await again.read_some(buffer);
  while (n != 0) {
    text.append(reinterpret_cast<const char*>(buffer), n);
    n = co_await again.read_some(buffer);
  }
  EXPECT_EQ(text, "1\tann\n2\tbob\n3\t\\N\n");
}

ASYNC_TEST_F(pg_copy, much) {
  auto in = co_await db.copy_in("copy t from stdin");
  for (int i = 0; i != 50'000; ++i)
    co_await in.write(std::to_string(i) + "\t" + std::string(100, 'x') + "\n");
  const auto done = co_await in.finish();
  EXPECT_EQ(done.rows, 50'000U);
  auto out = co_await db.copy_out("copy t to stdout");
  std::size_t lines = 0;
  auto line = co_await out.next();
  for (; line; ++lines) line = co_await out.next();
  EXPECT_EQ(lines, 50'000U);
}

ASYNC_TEST_F(pg_copy, records) {
  using record = std::tuple<int, std::optional<std::string>>;
  std::vector<record> rows;
  for (int i = 0; i != 20'000; ++i)
    rows.emplace_back(i, i % 3 == 0 ? std::nullopt : std::optional{std::to_string(i)});
  const auto done = co_await db.copy_records(into("t", "a", "b"), rows);
  EXPECT_EQ(done.rows, 20'000U);
  auto back = co_await db.copy_rows("select a, b from t order by a");
  int n = 0;
  const auto* row = co_await back.next();
  while (row) {
    const auto r = row->as<record>();
    EXPECT_EQ(r, rows[static_cast<std::size_t>(n++)]);
    row = co_await back.next();
  }
  EXPECT_EQ(n, 20'000);
}

ASYNC_TEST_F(pg_copy, records_into_a_table_with_a_strange_name) {
  co_await db.execute("create table \"odd \"\"name\" (\"a b\" int)");
  const std::vector<std::tuple<int>> rows{{1}};
  const auto done = co_await db.copy_records(into(schema() + ".odd \"name"), rows);
  EXPECT_EQ(done.rows, 1U);
}

ASYNC_TEST_F(pg_copy, a_record_that_does_not_fit_copies_nothing) {
  std::vector<std::tuple<std::int64_t, std::string>> rows;
  for (int i = 0; i != 10'000; ++i) rows.emplace_back(i, "x");
  rows[9'000] = {std::int64_t{1} << 40, "x"};
  const auto text = co_await test::text_of_failure(db.copy_records(into("t", "a", "b"), rows));
  EXPECT_THAT(text, HasSubstr("column \"a\" (int4)"));
  const auto n = co_await count();
  EXPECT_EQ(n, 0);
}

ASYNC_TEST_F(pg_copy, wrong_data_copies_nothing) {
  auto in = co_await db.copy_in("copy t from stdin");
  co_await in.write("1\tann\nnot a number\tbob\n");
  auto code = co_await code_of(in.finish());
  EXPECT_EQ(code, sqlstate::invalid_text_representation);
  auto n = co_await count();
  EXPECT_EQ(n, 0);
  auto early = co_await db.copy_in("copy t from stdin");
  auto much = [&]() -> awaitable<void> {
    for (int i = 0; i != 1'000'000; ++i) co_await early.write("not a number\tbob\n");
  };
  code = co_await code_of(much());
  EXPECT_EQ(code, sqlstate::invalid_text_representation);
  n = co_await count();
  EXPECT_EQ(n, 0);
}

ASYNC_TEST_F(pg_copy, that_is_dropped_copies_nothing) {
  {
    auto in = co_await db.copy_in("copy t from stdin");
    co_await in.write("1\tann\n");
  }
  const auto n = co_await count();
  EXPECT_EQ(n, 0);
  {
    auto out =
        co_await db.copy_out("copy (select repeat('x', 1000) from generate_series(1, 10000000)) to stdout");
    static_cast<void>(co_await out.next());
  }
  const auto again = co_await count();
  EXPECT_EQ(again, 0);
}

// A description that was kept would write local times where the server now reads instants.
ASYNC_TEST_F(pg_copy, looks_at_the_columns_each_time) {
  using moment = std::chrono::local_time<std::chrono::microseconds>;
  co_await db.execute("create table moments (at timestamp)");
  const std::vector<std::tuple<moment>> moments{{moment{1s}}};
  static_cast<void>(co_await db.copy_records(into("moments"), moments));
  co_await db.execute("set timezone to 'Asia/Tokyo'; alter table moments alter at type timestamptz");
  auto code = co_await code_of(db.copy_records(into("moments"), moments));
  EXPECT_EQ(code, errc::wrong_parameter);

  const auto columns = [&]() -> awaitable<std::size_t> {
    auto rows = co_await db.copy_rows("select * from t");
    std::size_t n = 0;
    const auto* row = co_await rows.next();
    while (row) {
      n = row->size();
      row = co_await rows.next();
    }
    co_return n;
  };
  const std::vector<std::tuple<int, std::string>> records{{1, "ann"}};
  static_cast<void>(co_await db.copy_records(into("t"), records));
  auto n = co_await columns();
  EXPECT_EQ(n, 2U);
  co_await db.execute("alter table t add c int");
  n = co_await columns();
  EXPECT_EQ(n, 3U);
  const std::vector<std::tuple<int, std::string, int>> more{{2, "bob", 3}};
  const auto done = co_await db.copy_records(into("t"), more);
  EXPECT_EQ(done.rows, 1U);
}

ASYNC_TEST_F(pg_copy, has_a_limit_of_time_at_each_step) {
  const auto timed_out = make_error_code(bight::errc::timed_out);
  auto other = co_await connect(options());
  auto tx = co_await other.begin();
  co_await other.execute("lock table t");
  auto code = co_await code_of(db.copy_in(pg::query("copy t from stdin").timeout(30ms)));
  EXPECT_EQ(code, timed_out);
  code = co_await code_of(db.copy_out(pg::query("copy t to stdout").timeout(30ms)));
  EXPECT_EQ(code, timed_out);
  code = co_await code_of(db.copy_rows(pg::query("select * from t").timeout(30ms)));
  EXPECT_EQ(code, timed_out);
  auto limited = options();
  limited.command_timeout = 30ms;
  auto impatient = co_await connect(limited);
  const std::vector<std::tuple<int, std::string>> records{{1, "ann"}};
  code = co_await code_of(impatient.copy_records(into("t"), records));
  EXPECT_EQ(code, timed_out);
  co_await tx.commit();
  auto out = co_await db.copy_out(
      pg::query("copy (select case when i < 2000 then repeat('x', 100) else pg_sleep(20)::text end from "
                "generate_series(1, 2000) i) to stdout")
          .timeout(200ms));
  code = {};
  for (int i = 0; i != 2000 && !code; ++i) code = co_await code_of(out.next());
  EXPECT_EQ(code, timed_out);
  const auto n = co_await count();
  EXPECT_EQ(n, 0);
}

ASYNC_TEST_F(pg_copy, that_is_cancelled_while_it_begins_leaves_a_usable_connection) {
  auto code = co_await code_of(db.fetch("copy t from stdin"));  // prepares it
  EXPECT_EQ(code, errc::unexpected_copy);
  for (const bool extended : {false, true}) {
    auto work = spawn([&]() -> awaitable<void> {
      if (extended) {
        static_cast<void>(co_await db.fetch("copy t from stdin"));
      } else {
        auto in = co_await db.copy_in("copy t from stdin");
        co_await in.write("1\tann\n");
      }
    });
    co_await sleep(0s);
    work.cancel();
    co_await work.wait();
    const auto n = co_await count();
    EXPECT_EQ(n, 0);
  }
}

ASYNC_TEST_F(pg_copy, statements_that_are_no_copy) {
  auto code = co_await code_of(db.copy_in("select 1"));
  EXPECT_EQ(code, errc::unexpected_copy);
  code = co_await code_of(db.copy_in("copy t to stdout"));
  EXPECT_EQ(code, errc::unexpected_copy);
  code = co_await code_of(db.copy_out("copy t from stdin"));
  EXPECT_EQ(code, errc::unexpected_copy);
  code = co_await code_of(db.copy_out("copy nowhere to stdout"));
  EXPECT_EQ(code, sqlstate::undefined_table);
  const auto n = co_await count();
  EXPECT_EQ(n, 0);
}

}  // namespace bight::pg::copy_test
