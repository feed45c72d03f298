// Every kind of call on a real server, cancelled at each of its awaits. The connection goes back to a pool of
// one: afterwards that works, what was cancelled has been done completely or not at all, and no place is
// lost.
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/pg/codec.hpp>
#include <bight/pg/connection.hpp>
#include <bight/pg/listener.hpp>
#include <bight/pg/pool.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <bight/testing_pg/pg_cluster.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace bight::pg::cancel_test {

using namespace std::chrono_literals;

class pg_cancel : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = testing::pg_cluster::missing(); !why.empty()) GTEST_SKIP() << why;
  }

  static pg::options where() {
    auto o = testing::pg_cluster::shared().options();
    o.on_notice = [](const notice&) {};
    return o;
  }

  // `use` adds `all` rows to the table `cancelled`, or none.
  static std::size_t everywhere(int all, std::function<awaitable<void>(pool&)> use, pool_options how = {},
                                pg::options o = where()) {
    how.limits.max_size = 1;
    std::unique_ptr<pool> connections;
    return testing::cancel_at_every_await(
        [&]() -> awaitable<void> {
          connections = std::make_unique<pool>(o, how);
          auto owner = co_await connect(where());
          co_await owner.execute("create table cancelled (a int, b text)");
          co_await use(*connections);
        },
        [&]() -> awaitable<void> {
          if (!connections) co_return;
          auto& p = *connections;
          auto counted = p.fetch_value<std::int64_t>(
              "select case when to_regclass('cancelled') is null then 0 else (xpath('/row/c/text()', "
              "query_to_xml('select count(*) as c from cancelled', false, true, '')))[1]::text::bigint end");
          const auto rows = co_await wait_for(std::move(counted), 20s);
          EXPECT_TRUE(rows == 0 || rows == all) << rows;
          co_await p.execute("drop table if exists cancelled");
          const bool closed = co_await p.close(20s);
          EXPECT_TRUE(closed);
          EXPECT_EQ(p.stats().in_use, 0U);
          connections.reset();
        });
  }
};

using record = std::tuple<int, std::string>;

std::vector<record> records(int n, std::size_t size = 10) {
  std::vector<record> all;
  for (int i = 0; i != n; ++i) all.emplace_back(i, std::string(size, 'x'));
  return all;
}

TEST_F(pg_cancel, statements_in_nested_transactions) {
  EXPECT_GT(everywhere(3,
                       [](pool& p) -> awaitable<void> {
                         co_await p.transaction([](pg::connection& tx) -> awaitable<void> {
                           co_await tx.execute("insert into cancelled values ($1, $2)", 1, "a");
                           try {
                             co_await tx.transaction([](pg::connection& inner) -> awaitable<void> {
                               co_await inner.execute("insert into cancelled values (9, 'z')");
                               throw std::runtime_error("not this");
                             });
                           } catch (const std::runtime_error&) {}
                           co_await tx.transaction([](pg::connection& inner) -> awaitable<void> {
                             co_await inner.execute("insert into cancelled values (2, 'b'), (3, 'c')");
                           });
                         });
                       }),
            20U);
}

TEST_F(pg_cancel, executemany) {
  const auto rows = records(200, 1000);  // more than the buffers of the socket
  EXPECT_GT(everywhere(200,
                       [&](pool& p) -> awaitable<void> {
                         co_await p.executemany("insert into cancelled values ($1, $2)", rows);
                       }),
            10U);
}

TEST_F(pg_cancel, pipelines) {
  for (const auto mode : {pipeline_mode::atomic, pipeline_mode::isolated}) {
    EXPECT_GT(everywhere(1,
                         [&](pool& p) -> awaitable<void> {
                           auto c = co_await p.acquire();
                           auto together = c->pipeline(mode);
                           auto one = together.execute("insert into cancelled values (1, 'a')");
                           auto two = together.fetch_value<int>("select 2 from pg_sleep(0.001)");
                           co_await together.run();
                           EXPECT_EQ(two.get(), 2);
                         }),
              10U);
  }
}

TEST_F(pg_cancel, copy_in) {
  EXPECT_GT(everywhere(300,
                       [](pool& p) -> awaitable<void> {
                         auto c = co_await p.acquire();
                         auto in = co_await c->copy_in("copy cancelled from stdin");
                         const std::string line = "1\t" + std::string(1000, 'x') + '\n';
                         for (int i = 0; i != 300; ++i) co_await in.write(line);
                         const auto done = co_await in.finish();
                         EXPECT_EQ(done.rows, 300U);
                       }),
            10U);
}

TEST_F(pg_cancel, copy_records) {
  const auto rows = records(300, 1000);
  EXPECT_GT(everywhere(300,
                       [&](pool& p) -> awaitable<void> {
                         auto c = co_await p.acquire();
                         co_await c->copy_records(into("cancelled", "a", "b"), rows);
                       }),
            10U);
}

TEST_F(pg_cancel, copy_out_and_copy_rows) {
  EXPECT_GT(everywhere(0,
                       [](pool& p) -> awaitable<void> {
                         auto c = co_await p.acquire();
                         auto out = co_await c->copy_out("copy (select generate_series(1, 20)) to stdout");
                         auto line = co_await out.next();
                         while (line) line = co_await out.next();
                         auto rows = co_await c->copy_rows("select generate_series(1, 20)");
                         const auto* row = co_await rows.next();
                         while (row) row = co_await rows.next();
                       }),
            10U);
}

TEST_F(pg_cancel, a_stream) {
  EXPECT_GT(everywhere(0,
                       [](pool& p) -> awaitable<void> {
                         auto c = co_await p.acquire();
                         auto rows = c->stream("select i from generate_series(1, $1) i", 25);
                         rows.batch(10);
                         auto* row = co_await rows.next();
                         while (row) row = co_await rows.next();
                         co_await rows.close();
                       }),
            10U);
}

TEST_F(pg_cancel, a_cursor) {
  EXPECT_GT(everywhere(2,
                       [](pool& p) -> awaitable<void> {
                         co_await p.transaction([](pg::connection& tx) -> awaitable<void> {
                           auto rows = co_await tx.cursor("select i from generate_series(1, $1) i", 25);
                           for (int i = 0; i != 2; ++i) {
                             const auto some = co_await rows.fetch<int>(10);
                             EXPECT_EQ(some.size(), 10U);
                             co_await tx.execute("insert into cancelled values ($1, 'c')", i);
                           }
                           co_await rows.close();
                         });
                       }),
            10U);
}

TEST_F(pg_cancel, statements_that_are_not_kept_prepared) {
  auto o = where();
  o.prepare = prepare_mode::one_shot;
  EXPECT_GT(everywhere(
                1,
                [](pool& p) -> awaitable<void> {
                  co_await p.execute("insert into cancelled values ($1, $2)", 1, "a");
                  static_cast<void>(co_await p.fetch("select a from cancelled where a = $1", 1));
                },
                {}, o),
            10U);
}

TEST_F(pg_cancel, hooks_and_a_full_reset) {
  pool_options how;
  how.reset = reset_level::full;
  how.on_connect = [](pg::connection& c) -> awaitable<void> { co_await c.execute("set work_mem = '5MB'"); };
  how.on_acquire = [](pg::connection& c) -> awaitable<void> { co_await c.execute("begin; rollback"); };
  EXPECT_GT(everywhere(
                1,
                [](pool& p) -> awaitable<void> {
                  co_await p.execute("insert into cancelled values ($1, $2)", 1, "a");
                  auto c = co_await p.acquire();
                  co_await c->execute("begin; insert into cancelled values (2, 'b')");
                },
                how),
            10U);
}

TEST_F(pg_cancel, a_listener) {
  std::unique_ptr<listener> events;
  EXPECT_GT(testing::cancel_at_every_await(
                [&]() -> awaitable<void> {
                  events = std::make_unique<listener>(where());
                  co_await events->listen("cancelled");
                  auto sender = co_await connect(where());
                  co_await sender.execute("notify cancelled, 'one'");
                  const auto got = co_await events->next();
                  EXPECT_EQ(got.payload, "one");
                },
                [&]() -> awaitable<void> {
                  if (!events) co_return;
                  co_await events->listen("cancelled");
                  auto sender = co_await connect(where());
                  co_await sender.execute("notify cancelled, 'two'");
                  notification got;
                  while (got.payload != "two") {
                    auto next = wait_for(events->next(), 20s);
                    got = co_await std::move(next);
                  }
                  co_await events->close();
                  events.reset();
                }),
            10U);
}

}  // namespace bight::pg::cancel_test
