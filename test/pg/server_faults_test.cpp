// What a real server refuses or breaks off, under load: deadlocks, serialization failures, time-outs of its
// own, restarts, too many connections. With `retry` around them, all calls succeed in the end.
#include <bight/core/gather.hpp>
#include <bight/core/retry.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/pg/codec.hpp>
#include <bight/pg/connection.hpp>
#include <bight/pg/pool.hpp>
#include <bight/testing_pg/pg_cluster.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/pg_failures.hpp"

namespace bight::pg::server_faults_test {

using namespace std::chrono_literals;
using boost::system::error_code;
using test::code_of;

class pg_server_faults : public testing::pg_test {};

retry_policy patient() {
  retry_policy p;
  p.attempts(1000).backoff(1ms, 50ms);
  return p;
}

ASYNC_TEST_F(pg_server_faults, a_deadlock_has_one_victim_and_leaves_the_connections_usable) {
  co_await db.execute("create table t (id int primary key, n int); insert into t values (1, 0), (2, 0)");
  auto where = options();
  where.settings.emplace_back("deadlock_timeout", "50ms");
  pool all{where, pool_options{2}};
  int ready = 0;
  auto cross = [&](int first, int second) -> awaitable<void> {
    co_await all.transaction([&](pg::connection& tx) -> awaitable<void> {
      co_await tx.execute("update t set n = n + 1 where id = $1", first);
      ++ready;
      while (ready < 2) co_await sleep(1ms);
      co_await tx.execute("update t set n = n + 1 where id = $1", second);
    });
  };
  auto [a, b] = co_await gather(code_of(cross(1, 2)), code_of(cross(2, 1)));
  EXPECT_NE(a.failed(), b.failed()) << a.message() << ", " << b.message();
  EXPECT_EQ(a.failed() ? a : b, sqlstate::deadlock_detected);
  const auto sum = co_await all.fetch_value<std::int64_t>("select sum(n) from t");
  EXPECT_EQ(sum, 2);
  EXPECT_EQ(all.stats().made, 2U);
}

ASYNC_TEST_F(pg_server_faults, serialization_failures_are_retried_until_all_have_succeeded) {
  co_await db.execute("create table t (id int primary key, n int); insert into t values (1, 0), (2, 0)");
  pool all{options(), pool_options{8}};
  const auto policy = patient();
  int attempts = 0;
  auto work = [&]() -> awaitable<void> {
    for (int i = 0; i != 10; ++i) {
      auto once = [&]() -> awaitable<void> {
        ++attempts;
        pg::transaction_options how{.level = isolation::serializable};
        co_await all.transaction(how, [&](pg::connection& tx) -> awaitable<void> {
          const int n = co_await tx.fetch_value<int>("select n from t where id = $1", 1 + i % 2);
          co_await tx.execute("update t set n = $2 where id = $1", 2 - i % 2, n + 1);
        });
      };
      co_await retry(policy, once);
    }
  };
  co_await gather(work(), work(), work(), work(), work(), work(), work(), work());
  EXPECT_GT(attempts, 80);
  EXPECT_EQ(all.stats().in_use, 0U);
  EXPECT_LE(all.stats().made, 8U);
}

ASYNC_TEST_F(pg_server_faults, a_transaction_that_was_idle_for_too_long_loses_its_connection_only) {
  auto where = options();
  where.settings.emplace_back("idle_in_transaction_session_timeout", "20ms");
  pool all{where, pool_options{1}};
  auto too_slow = [&](pg::connection& tx) -> awaitable<void> {
    co_await tx.execute("create table never (a int)");
    co_await db.execute("select pg_sleep(0.1)");
    co_await tx.execute("insert into never values (1)");
  };
  const auto code = co_await code_of(all.transaction(too_slow));
  EXPECT_EQ(code, sqlstate::idle_in_transaction_session_timeout);
  const auto there = co_await all.fetch_value<bool>("select to_regclass('never') is not null");
  EXPECT_FALSE(there);
  EXPECT_EQ(all.stats().made, 2U);
  // Given back in a transaction, and ended by the server before the pool has rolled it back: replaced.
  auto c = co_await all.acquire();
  co_await c->execute("begin");
  co_await db.execute("select pg_sleep(0.1)");
  c.release();
  const auto one = co_await all.fetch_value<int>("select 1");
  EXPECT_EQ(one, 1);
}

ASYNC_TEST_F(pg_server_faults, calls_that_are_retried_survive_restarts_of_the_server) {
  testing::pg_cluster_options durable;
  durable.settings = {{"synchronous_commit", "on"}};
  testing::pg_cluster server{durable};
  pool all{server.options(), pool_options{4}};
  co_await all.execute("create table t (id int primary key)");
  const auto policy = patient();
  int left = 8;
  int last = 0;
  auto work = [&]() -> awaitable<void> {
    for (int i = 0; i != 40; ++i) {
      const int id = ++last;
      // Whether an insert that was broken off has been done is not known: it may be repeated.
      auto once = [&]() -> awaitable<void> {
        co_await all.execute("insert into t values ($1) on conflict do nothing", id);
      };
      co_await retry(policy, once);
      co_await sleep(5ms);
    }
    --left;
  };
  auto restart = [&]() -> awaitable<void> {
    for (int i = 0; i != 3 && left != 0; ++i) {
      co_await sleep(40ms);
      server.stop();
      server.start();
    }
  };
  auto everything = gather(work(), work(), work(), work(), work(), work(), work(), work(), restart());
  co_await wait_for(std::move(everything), 60s);
  const auto n = co_await all.fetch_value<std::int64_t>("select count(*) from t");
  EXPECT_EQ(n, last);
  EXPECT_EQ(all.stats().in_use, 0U);
  EXPECT_GT(all.stats().made, 4U);
}

ASYNC_TEST_F(pg_server_faults, a_server_with_too_few_connections_serves_all_in_the_end) {
  testing::pg_cluster_options few;
  few.settings = {{"max_connections", "7"}, {"superuser_reserved_connections", "4"}};
  testing::pg_cluster server{few};
  {
    auto owner = co_await connect(server.options());
    co_await owner.execute("create role plain login");
    co_await owner.close();
  }
  auto where = server.options();
  where.user = "plain";
  pool all{where, pool_options{12}};
  const auto policy = patient();
  auto work = [&]() -> awaitable<void> {
    for (int i = 0; i != 5; ++i) {
      auto once = [&]() -> awaitable<void> { co_await all.execute("select pg_sleep(0.002)"); };
      co_await retry(policy, once);
    }
  };
  std::vector<awaitable<void>> tasks;
  for (int i = 0; i != 24; ++i) tasks.push_back(work());
  co_await wait_for(gather(std::move(tasks)), 60s);
  EXPECT_GT(all.stats().failed, 0U);
  EXPECT_EQ(all.stats().in_use, 0U);
}

}  // namespace bight::pg::server_faults_test
