// LISTEN and NOTIFY on a real server.
#include <bight/pg/listener.hpp>

#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/pg/codec.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <string>

#include "support/pg_failures.hpp"

namespace bight::pg::listener_test {

using namespace std::chrono_literals;
using test::code_of;
using ::testing::ElementsAre;

class pg_listener : public testing::pg_test {};

ASYNC_TEST_F(pg_listener, receives_what_others_send) {
  listener events{options()};
  co_await events.listen("Orders \"x\"");
  co_await events.listen("other");
  EXPECT_EQ(events.channels().size(), 2U);
  co_await db.execute("select pg_notify('Orders \"x\"', 'one'), pg_notify('nobody', 'no')");
  co_await db.execute("notify other, 'two'");
  auto first = co_await events.next();
  EXPECT_EQ(first.channel, "Orders \"x\"");
  EXPECT_EQ(first.payload, "one");
  EXPECT_EQ(first.server_pid, db.server_pid());
  auto second = co_await events.next();
  EXPECT_EQ(second.payload, "two");
  co_await events.unlisten("other");
  co_await db.execute("notify other, 'three'");
  auto none = co_await move_on_after(50ms, [&] { return events.next(); });
  EXPECT_FALSE(none);
  co_await db.execute("select pg_notify('Orders \"x\"', 'four')");
  auto last = co_await events.next();
  EXPECT_EQ(last.payload, "four");
}

ASYNC_TEST_F(pg_listener, a_wait_that_is_cancelled_loses_nothing) {
  listener events{options()};
  co_await events.listen("jobs");
  std::string got;
  for (int i = 0; i != 20; ++i) {
    auto none = co_await move_on_after(1ms, [&] { return events.next(); });
    if (none) got += none->payload;
    co_await db.execute("select pg_notify('jobs', 'x')");
  }
  while (got.size() != 20) {
    auto n = co_await events.next();
    got += n.payload;
  }
  EXPECT_EQ(got, std::string(20, 'x'));
}

ASYNC_TEST_F(pg_listener, connects_again_and_says_so) {
  listener_options how;
  how.min_reconnect_delay = 1ms;
  listener events{options(), how};
  co_await events.listen("jobs");
  const auto before = events.server_pid();
  auto waiting = spawn([&] { return events.next(); });
  co_await sleep(10ms);
  co_await db.execute("select pg_terminate_backend($1)", static_cast<int>(before));
  auto gap = co_await std::move(waiting);
  EXPECT_TRUE(gap.gap);
  EXPECT_NE(events.server_pid(), before);
  co_await db.execute("select pg_notify('jobs', 'after')");
  auto n = co_await events.next();
  EXPECT_FALSE(n.gap);
  EXPECT_EQ(n.payload, "after");
}

ASYNC_TEST_F(pg_listener, asks_whether_a_quiet_connection_works) {
  listener_options how;
  how.check_after = 10ms;
  listener events{options(), how};
  co_await events.listen("jobs");
  auto waiting = spawn([&] { return events.next(); });
  co_await sleep(100ms);
  co_await db.execute("select pg_notify('jobs', 'still there')");
  auto n = co_await std::move(waiting);
  EXPECT_EQ(n.payload, "still there");
}

ASYNC_TEST_F(pg_listener, a_wrong_database_is_an_error) {
  auto o = options();
  o.database = "nowhere";
  listener events{o};
  const auto code = co_await code_of(events.listen("jobs"));
  EXPECT_EQ(code, sqlstate::invalid_catalog_name);
  const auto again = co_await code_of(events.next());
  EXPECT_EQ(again, sqlstate::invalid_catalog_name);
}

}  // namespace bight::pg::listener_test
