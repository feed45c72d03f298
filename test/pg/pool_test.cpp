// The pool on a real server; pool_faults_test.cpp has what cancellation and the network do to it.
#include <bight/pg/pool.hpp>

#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/pg/codec.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "support/pg_failures.hpp"

namespace bight::pg::pool_test {

using namespace std::chrono_literals;
using test::code_of;
using ::testing::HasSubstr;

class pg_pool : public testing::pg_test {};

ASYNC_TEST_F(pg_pool, calls_take_a_connection_for_their_time) {
  pool all{options(), pool_options{4}};
  co_await all.execute("create table t (a int)");
  co_await all.execute("insert into t values ($1)", 1);
  const std::vector<std::tuple<int>> more{{2}, {3}};
  co_await all.executemany("insert into t values ($1)", more);
  auto rows = co_await all.fetch("select a from t order by a");
  EXPECT_EQ(rows.size(), 3U);
  auto typed = co_await all.fetch<int>("select a from t order by a");
  EXPECT_EQ(typed, (std::vector{1, 2, 3}));
  auto row = co_await all.fetch_row("select a from t where a = $1", 2);
  EXPECT_EQ(row->get<int>("a"), 2);
  auto value = co_await all.fetch_value<std::int64_t>("select count(*) from t");
  EXPECT_EQ(value, 3);
  const auto n = co_await all.transaction([](pg::connection& tx) -> awaitable<int> {
    co_await tx.execute("delete from t");
    co_return 5;
  });
  EXPECT_EQ(n, 5);
  const auto s = all.stats();
  EXPECT_EQ(s.made, 1U);
  EXPECT_EQ(s.idle, 1U);
  EXPECT_EQ(s.in_use, 0U);
}

ASYNC_TEST_F(pg_pool, many_tasks_share_few_connections) {
  pool all{options(), pool_options{3}};
  std::vector<awaitable<int>> work;
  for (int i = 0; i != 40; ++i)
    work.push_back(all.fetch_value<int>("select $1::int from pg_sleep(0.002)", i));
  const auto done = co_await gather(std::move(work));
  for (int i = 0; i != 40; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
  EXPECT_LE(all.stats().made, 3U);
}

ASYNC_TEST_F(pg_pool, what_a_user_leaves_behind_is_cleaned_up) {
  pool all{options(), pool_options{1}};
  std::uint32_t pid = 0;
  {
    auto c = co_await all.acquire();
    pid = c->server_pid();
    co_await c->execute("begin");
    co_await c->execute("create table left_behind (a int)");
  }
  auto there = co_await all.fetch_value<bool>("select to_regclass('left_behind') is not null");
  EXPECT_FALSE(there);
  {
    auto c = co_await all.acquire();
    EXPECT_EQ(c->server_pid(), pid);
    auto rows = c->stream("select generate_series(1, 1000000)");
    static_cast<void>(co_await rows.next());
    auto waiting = spawn([&] { return all.fetch_value<int>("select 1"); });
    co_await rows.close();
    c.release();
    const auto one = co_await std::move(waiting);
    EXPECT_EQ(one, 1);
  }
  EXPECT_EQ(all.stats().made, 1U);
}

ASYNC_TEST_F(pg_pool, a_transaction_that_outlives_its_lease_does_not_touch_that_of_another_task) {
  co_await db.execute("create table kept (a int)");
  pool one{options(), pool_options{1}};
  auto first = co_await one.acquire();
  auto forgotten = co_await first->begin();
  auto inner = co_await first->begin();
  first.release();
  auto second = co_await one.acquire();
  auto tx = co_await second->begin();
  co_await second->execute("insert into kept values (1)");
  const auto code = co_await test::code_of(inner.commit());
  EXPECT_EQ(code, errc::transaction_state);
  inner = transaction{};
  forgotten = transaction{};
  EXPECT_TRUE(second->in_transaction());
  co_await tx.commit();
  const auto n = co_await db.fetch_value<std::int64_t>("select count(*) from kept");
  EXPECT_EQ(n, 1);
}

ASYNC_TEST_F(pg_pool, full_reset) {
  pool_options how{1};
  how.reset = reset_level::full;
  pool all{options(), how};
  auto usual = co_await all.fetch_value<std::string>("show work_mem");
  co_await all.execute("set work_mem = '7MB'; listen c; select pg_advisory_lock(1)");
  auto now = co_await all.fetch_value<std::string>("show work_mem");
  EXPECT_EQ(now, usual);
  auto free = co_await db.fetch_value<bool>("select pg_try_advisory_lock(1)");
  EXPECT_TRUE(free);
  auto c = co_await all.acquire();
  EXPECT_GT(c->prepared_statements(), 0U);
  EXPECT_EQ(all.stats().made, 1U);
}

ASYNC_TEST_F(pg_pool, a_call_that_is_cancelled_gives_its_connection_back) {
  pool all{options(), pool_options{1}};
  for (int i = 0; i != 5; ++i) {
    const auto code = co_await code_of(wait_for(all.execute("select pg_sleep($1)", 20.0), 30ms));
    EXPECT_EQ(code, make_error_code(bight::errc::timed_out));
  }
  auto one = co_await all.fetch_value<int>("select 1");
  EXPECT_EQ(one, 1);
  EXPECT_EQ(all.stats().made, 1U);
  const auto closed = co_await all.close(5s);
  EXPECT_TRUE(closed);
}

ASYNC_TEST_F(pg_pool, broken_connections_are_replaced) {
  pool all{options(), pool_options{2}};
  {
    auto c = co_await all.acquire();
    co_await db.execute("select pg_terminate_backend($1)", static_cast<int>(c->server_pid()));
    const auto code = co_await code_of(c->execute("select 1"));
    EXPECT_EQ(code, sqlstate::admin_shutdown);
  }
  EXPECT_EQ(all.stats().idle, 0U);
  auto one = co_await all.fetch_value<int>("select 1");
  EXPECT_EQ(one, 1);
  EXPECT_EQ(all.stats().made, 2U);
}

ASYNC_TEST_F(pg_pool, a_connection_that_was_idle_for_long_is_asked) {
  pool_options how{1};
  how.check_after = 60ms;
  pool all{options(), how};
  auto pid = co_await all.fetch_value<int>("select pg_backend_pid()");
  co_await sleep(80ms);
  auto same = co_await all.fetch_value<int>("select pg_backend_pid()");
  EXPECT_EQ(same, pid);
}

ASYNC_TEST_F(pg_pool, hooks) {
  pool_options how{1};
  int connected = 0;
  int acquired = 0;
  how.on_connect = [&](pg::connection& c) -> awaitable<void> {
    ++connected;
    co_await c.execute("set application_name = 'prepared'");
  };
  how.on_acquire = [&](pg::connection&) -> awaitable<void> {
    if (++acquired == 3) throw std::runtime_error("not now");
    co_return;
  };
  pool all{options(), how};
  auto name = co_await all.fetch_value<std::string>("show application_name");
  EXPECT_EQ(name, "prepared");
  static_cast<void>(co_await all.fetch_value<int>("select 1"));
  const auto text = co_await test::text_of_failure(all.fetch_value<int>("select 1"));
  EXPECT_EQ(text, "not now");
  static_cast<void>(co_await all.fetch_value<int>("select 1"));
  EXPECT_EQ(connected, 1);
  EXPECT_EQ(all.stats().in_use, 0U);
}

ASYNC_TEST_F(pg_pool, limits) {
  pool_options how{1};
  how.limits.max_waiters = 1;
  how.limits.acquire_timeout = 100ms;
  pool all{options(), how};
  auto c = co_await all.acquire();
  auto waiting = spawn([&] { return code_of(all.fetch_value<int>("select 1")); });
  co_await sleep(10ms);
  auto code = co_await code_of(all.fetch_value<int>("select 1"));
  EXPECT_EQ(code, make_error_code(bight::errc::limit_exceeded));
  code = co_await std::move(waiting);
  EXPECT_EQ(code, make_error_code(bight::errc::timed_out));
  auto o = options();
  o.database = "nowhere";
  pool broken{o, pool_options{1}};
  code = co_await code_of(broken.fetch_value<int>("select 1"));
  EXPECT_EQ(code, sqlstate::invalid_catalog_name);
  code = co_await code_of(broken.fetch_value<int>("select 1"));
  EXPECT_EQ(code, sqlstate::invalid_catalog_name);
  EXPECT_EQ(broken.stats().in_use, 0U);
}

ASYNC_TEST_F(pg_pool, closing_and_terminating) {
  pool all{options(), pool_options{2}};
  auto c = co_await all.acquire();
  auto closed = co_await all.close(10ms);
  EXPECT_FALSE(closed);
  auto code = co_await code_of(all.execute("select 1"));
  EXPECT_EQ(code, make_error_code(bight::errc::pool_closed));
  auto still = co_await c->fetch_value<int>("select 1");
  EXPECT_EQ(still, 1);
  c.release();
  closed = co_await all.close();
  EXPECT_TRUE(closed);

  pool hard{options(), pool_options{2}};
  auto work = spawn([&] { return code_of(hard.execute("select pg_sleep(20)")); });
  co_await sleep(50ms);
  hard.terminate();
  code = co_await std::move(work);
  EXPECT_EQ(code, errc::connection_lost);
  EXPECT_TRUE(hard.is_closed());
}

ASYNC_TEST_F(pg_pool, connections_outlive_their_pool) {
  pooled_connection c;
  {
    pool all{options()};
    c = co_await all.acquire();
  }
  auto one = co_await c->fetch_value<int>("select 1");
  EXPECT_EQ(one, 1);
}

ASYNC_TEST_F(pg_pool, a_server_that_crashes_and_comes_back) {
  testing::pg_cluster server;
  pool all{server.options(), pool_options{2}};
  auto running = spawn([&] { return code_of(all.execute("select pg_sleep(20)")); });
  co_await all.execute("select 1");
  co_await sleep(50ms);
  server.stop();
  auto code = co_await std::move(running);
  EXPECT_EQ(code, transient) << code.message();
  code = co_await code_of(all.fetch_value<int>("select 1"));
  EXPECT_TRUE(code.failed());
  server.start();
  auto one = co_await all.fetch_value<int>("select 1");
  EXPECT_EQ(one, 1);
  EXPECT_EQ(all.stats().in_use, 0U);
}

ASYNC_TEST_F(pg_pool, too_many_connections_for_the_server) {
  testing::pg_cluster_options few;
  few.settings = {{"max_connections", "6"}, {"superuser_reserved_connections", "3"}};
  testing::pg_cluster server{few};
  auto owner = co_await connect(server.options());
  co_await owner.execute("create role plain login");
  auto o = server.options();
  o.user = "plain";
  pool all{o, pool_options{10}};
  std::vector<pooled_connection> held;
  boost::system::error_code code;
  for (int i = 0; i != 6 && !code; ++i) {
    try {
      held.push_back(co_await all.acquire());
    } catch (const boost::system::system_error& e) { code = e.code(); }
  }
  EXPECT_EQ(code, sqlstate::too_many_connections);
  EXPECT_EQ(code, transient);
  held.clear();
  auto one = co_await all.fetch_value<int>("select 1");
  EXPECT_EQ(one, 1);
}

}  // namespace bight::pg::pool_test
