// Pipelines and executemany on a real server.
#include <bight/pg/pipeline.hpp>

#include <bight/core/error.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/pg/codec.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "support/pg_failures.hpp"

namespace bight::pg::pipeline_test {

using namespace std::chrono_literals;
using test::code_of;
using test::thrown;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class pg_pipeline : public testing::pg_test {
 public:
  awaitable<void> async_set_up() {
    co_await testing::pg_test::async_set_up();
    co_await db.execute("create table t (a int primary key)");
  }
  awaitable<std::int64_t> count() {
    co_return co_await db.fetch_value<std::int64_t>("select count(*) from t");
  }
};

ASYNC_TEST_F(pg_pipeline, returns_what_each_statement_returned) {
  auto p = db.pipeline();
  auto one = p.fetch_value<int>("select $1::int", 1);
  auto rows = p.fetch("select generate_series(1, $1::int) as n", 3);
  auto typed = p.fetch<int>("select generate_series(1, $1::int) as n", 4);
  auto done = p.execute("insert into t values ($1)", 5);
  EXPECT_EQ(p.size(), 4U);
  EXPECT_THAT(thrown([&] { static_cast<void>(one.get()); }), HasSubstr("before pipeline::run"));
  co_await p.run();
  EXPECT_EQ(one.get(), 1);
  EXPECT_EQ(rows.get().size(), 3U);
  EXPECT_EQ(rows.get()[2].get<int>("n"), 3);
  EXPECT_THAT(typed.get(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(done.get().rows, 1U);
  EXPECT_EQ(p.size(), 0U);
  co_await p.run();  // nothing to do
}

ASYNC_TEST_F(pg_pipeline, isolated_statements_do_not_share_their_fate) {
  auto p = db.pipeline();
  auto first = p.execute("insert into t values ($1)", 1);
  auto bad = p.execute("insert into t values ($1)", 1);
  auto syntax = p.execute("nonsense");
  auto narrow = p.execute("select $1::int2", 70000);
  auto last = p.execute("insert into t values ($1)", 2);
  const auto code = co_await code_of(p.run());
  EXPECT_EQ(code, sqlstate::unique_violation);
  EXPECT_EQ(first.get().rows, 1U);
  EXPECT_THAT(thrown([&] { static_cast<void>(bad.get()); }), HasSubstr("duplicate key"));
  EXPECT_THAT(thrown([&] { static_cast<void>(syntax.get()); }), HasSubstr("syntax error"));
  EXPECT_THAT(thrown([&] { static_cast<void>(narrow.get()); }), HasSubstr("$1 (int2)"));
  EXPECT_EQ(last.get().rows, 1U);
  const auto n = co_await count();
  EXPECT_EQ(n, 2);
}

ASYNC_TEST_F(pg_pipeline, an_atomic_one_does_all_or_nothing) {
  auto p = db.pipeline(pipeline_mode::atomic);
  auto first = p.execute("insert into t values ($1)", 1);
  auto bad = p.execute("insert into t values ($1)", 1);
  auto last = p.execute("insert into t values ($1)", 2);
  auto code = co_await code_of(p.run());
  EXPECT_EQ(code, sqlstate::unique_violation);
  EXPECT_THAT(thrown([&] { static_cast<void>(first.get()); }), HasSubstr("skipped"));
  EXPECT_THAT(thrown([&] { static_cast<void>(bad.get()); }), HasSubstr("duplicate key"));
  EXPECT_THAT(thrown([&] { static_cast<void>(last.get()); }), HasSubstr("skipped"));
  auto n = co_await count();
  EXPECT_EQ(n, 0);
  auto narrow = p.execute("insert into t values ($1)", std::int64_t{1} << 40);
  code = co_await code_of(p.run());
  EXPECT_EQ(code, errc::wrong_parameter);
  auto good = p.execute("insert into t values ($1)", 1);
  auto also = p.execute("insert into t values ($1)", 2);
  co_await p.run();
  n = co_await count();
  EXPECT_EQ(n, 2);
}

ASYNC_TEST_F(pg_pipeline, with_more_statements_than_are_kept) {
  auto o = options();
  o.statement_cache_size = 2;
  auto c = co_await connect(o);
  auto p = c.pipeline();
  std::vector<pending<int>> all;
  for (int round = 0; round != 2; ++round)
    for (int i = 0; i != 8; ++i)
      all.push_back(p.fetch_value<int>("select $1::int + " + std::to_string(i), 1));
  co_await p.run();
  for (int i = 0; i != 16; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].get(), 1 + i % 8);
}

ASYNC_TEST_F(pg_pipeline, with_statements_that_are_not_kept) {
  auto o = options();
  o.statement_cache_size = 0;
  auto c = co_await connect(o);
  for (const auto mode : {pipeline_mode::isolated, pipeline_mode::atomic}) {
    auto p = c.pipeline(mode);
    auto one = p.fetch_value<std::string>("select 'one' || $1::int", 1);
    auto bad = p.execute("select 1/$1::int", 1);
    auto two = p.fetch_value<std::string>("select 'two' || $1::int", 2);
    co_await p.run();
    EXPECT_EQ(one.get(), "one1");
    EXPECT_EQ(bad.get().rows, 1U);
    EXPECT_EQ(two.get(), "two2");
  }
}

ASYNC_TEST_F(pg_pipeline, has_the_shortest_limit_of_its_statements) {
  auto p = db.pipeline();
  auto one = p.execute(pg::query("select pg_sleep(20)").timeout(30ms));
  auto two = p.execute(pg::query("select 1").timeout(10s));
  const auto code = co_await code_of(p.run());
  EXPECT_EQ(code, make_error_code(bight::errc::timed_out));
  EXPECT_THROW(two.get(), timeout_error);
  const auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
}

ASYNC_TEST_F(pg_pipeline, with_more_than_the_sockets_hold) {
  auto p = db.pipeline();
  const std::string big(200'000, 'x');
  std::vector<pending<std::string>> all;
  for (int i = 0; i != 40; ++i) all.push_back(p.fetch_value<std::string>("select $1::text", big));
  co_await p.run();
  for (auto& one : all) EXPECT_EQ(one.get(), big);
}

ASYNC_TEST_F(pg_pipeline, that_is_cancelled_leaves_a_usable_connection) {
  auto p = db.pipeline();
  auto a = p.execute("insert into t values ($1)", 1);
  auto b = p.execute("select pg_sleep(20)");
  auto c = p.execute("insert into t values ($1)", 2);
  auto work = spawn([&] { return p.run(); });
  co_await sleep(50ms);
  work.cancel();
  co_await work.wait();
  const auto n = co_await count();
  EXPECT_GE(n, 1);
}

ASYNC_TEST_F(pg_pipeline, executemany) {
  std::vector<std::tuple<int>> rows;
  for (int i = 0; i != 20'000; ++i) rows.emplace_back(i);
  co_await db.executemany("insert into t values ($1)", rows);
  const auto n = co_await count();
  EXPECT_EQ(n, 20'000);
  rows.clear();
  co_await db.executemany("insert into t values ($1)", rows);
}

ASYNC_TEST_F(pg_pipeline, executemany_does_all_or_nothing) {
  std::vector<std::tuple<int>> rows;
  for (int i = 0; i != 20'000; ++i) rows.emplace_back(i);
  rows[15'000] = {3};
  const auto code = co_await code_of(db.executemany("insert into t values ($1)", rows));
  EXPECT_EQ(code, sqlstate::unique_violation);
  auto n = co_await count();
  EXPECT_EQ(n, 0);
  std::vector<std::tuple<std::int64_t>> wide;
  for (int i = 0; i != 20'000; ++i) wide.emplace_back(i);
  wide[15'000] = {std::int64_t{1} << 40};
  const auto narrow = co_await code_of(db.executemany("insert into t values ($1)", wide));
  EXPECT_EQ(narrow, errc::wrong_parameter);
  n = co_await count();
  EXPECT_EQ(n, 0);
}

ASYNC_TEST_F(pg_pipeline, executemany_whose_answers_are_many) {
  std::vector<std::tuple<int, std::string>> rows;
  for (int i = 0; i != 300; ++i) rows.emplace_back(i, std::string(20'000, 'x'));
  co_await db.executemany("select $1::int, $2::text", rows);  // the server sends as much as it gets
  const auto n = co_await count();
  EXPECT_EQ(n, 0);
}

}  // namespace bight::pg::pipeline_test
