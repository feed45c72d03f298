// Behind pgbouncer, which gives each transaction another connection.
#include <bight/pg/connection.hpp>

#include <bight/core/gather.hpp>
#include <bight/pg/pool.hpp>
#include <bight/testing/async_test.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "support/pg_failures.hpp"
#include "support/pgbouncer.hpp"

namespace bight::pg::pooler_test {

using namespace std::chrono_literals;
using test::pgbouncer;
using ::testing::HasSubstr;

class pg_pooler : public test::with_peers<pgbouncer> {
 public:
  awaitable<void> async_set_up() {
    auto db = co_await connect(testing::pg_cluster::shared().options());
    co_await db.execute("drop table if exists pooled; create table pooled (a int, b text)");
  }
};

// What must work with any server connection.
awaitable<void> work(pool& all, int n) {
  auto sum = co_await all.fetch_value<int>("select $1::int + $2::int", n, 1);
  EXPECT_EQ(sum, n + 1);
  co_await all.execute("insert into pooled values ($1, $2)", n, std::to_string(n));
  auto text = co_await all.fetch_value<std::string>("select b from pooled where a = $1", n);
  EXPECT_EQ(text, std::to_string(n));
  co_await all.transaction([&](pg::connection& tx) -> awaitable<void> {
    co_await tx.execute("update pooled set b = $2 where a = $1", n, "changed");
    auto rows = tx.stream("select generate_series(1, $1::int)", 50);
    rows.batch(7);
    int count = 0;
    const auto* row = co_await rows.next();
    for (; row; ++count) row = co_await rows.next();
    EXPECT_EQ(count, 50);
  });
}

ASYNC_TEST_F(pg_pooler, one_shot_needs_no_prepared_statements) {
  const pgbouncer pooler{testing::pg_cluster::shared(), 2};
  auto o = pooler.options();
  o.prepare = prepare_mode::one_shot;
  pool all{o, pool_options{8}};
  std::vector<awaitable<void>> tasks;
  for (int i = 0; i != 24; ++i) tasks.push_back(work(all, i));
  co_await gather(std::move(tasks));
  auto changed =
      co_await all.fetch_value<std::int64_t>("select count(*) from pooled where b = $1", "changed");
  EXPECT_EQ(changed, 24);
}

ASYNC_TEST_F(pg_pooler, one_shot_in_pipelines_and_copies) {
  const pgbouncer pooler{testing::pg_cluster::shared(), 2};
  auto o = pooler.options();
  o.prepare = prepare_mode::one_shot;
  auto db = co_await connect(o);
  for (const auto mode : {pipeline_mode::isolated, pipeline_mode::atomic}) {
    auto p = db.pipeline(mode);
    auto one = p.fetch_value<int>("select $1::int", 1);
    auto two = p.fetch<std::string>("select $1::text", "two");
    co_await p.run();
    EXPECT_EQ(one.get(), 1);
    EXPECT_EQ(two.get().at(0), "two");
  }
  const std::vector<std::tuple<int, std::string>> rows{{100, "x"}, {101, "y"}};
  co_await db.executemany("insert into pooled values ($1, $2)", rows);
  const auto copied = co_await db.copy_records(into("pooled", "a", "b"), rows);
  EXPECT_EQ(copied.rows, 2U);
  auto n = co_await db.fetch_value<std::int64_t>("select count(*) from pooled where a >= $1", 100);
  EXPECT_EQ(n, 4);
}

ASYNC_TEST_F(pg_pooler, a_call_is_cancelled_through_it) {
  const pgbouncer pooler{testing::pg_cluster::shared(), 2};
  auto o = pooler.options();
  o.prepare = prepare_mode::one_shot;
  auto db = co_await connect(o);
  const auto code = co_await test::code_of(db.execute(pg::query("select pg_sleep($1)").timeout(50ms), 20.0));
  EXPECT_EQ(code, make_error_code(bight::errc::timed_out));
  auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
}

ASYNC_TEST_F(pg_pooler, prepared_statements_fail_with_a_hint) {
  const pgbouncer pooler{testing::pg_cluster::shared(), 1};
  auto first = co_await connect(pooler.options());
  auto second = co_await connect(pooler.options());
  static_cast<void>(co_await first.fetch_value<int>("select $1::int", 1));
  const auto text = co_await test::text_of_failure(second.fetch_value<int>("select $1::int + 1", 1));
  EXPECT_THAT(text, HasSubstr("prepare=one_shot"));
}

}  // namespace bight::pg::pooler_test
