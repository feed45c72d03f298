// Transactions and savepoints on a real server.
#include <bight/pg/transaction.hpp>

#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/pg/codec.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/pg_failures.hpp"

namespace bight::pg::transaction_test {

using namespace std::chrono_literals;
using test::code_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class pg_transaction : public testing::pg_test {
 public:
  awaitable<void> async_set_up() {
    co_await testing::pg_test::async_set_up();
    co_await db.execute("create table t (a int)");
  }
  awaitable<void> add(int a) { co_await db.execute("insert into t values ($1)", a); }
  awaitable<std::vector<int>> all() { co_return co_await db.fetch<int>("select a from t order by a"); }
};

ASYNC_TEST_F(pg_transaction, commits_what_the_body_did_and_returns_its_result) {
  const auto n = co_await db.transaction([&](pg::connection& tx) -> awaitable<int> {
    EXPECT_TRUE(tx.in_transaction());
    co_await add(1);
    co_return 7;
  });
  EXPECT_EQ(n, 7);
  EXPECT_FALSE(db.in_transaction());
  const auto rows = co_await all();
  EXPECT_THAT(rows, ElementsAre(1));
}

ASYNC_TEST_F(pg_transaction, an_exception_rolls_back) {
  auto body = [&](pg::connection&) -> awaitable<void> {
    co_await add(1);
    throw std::runtime_error("changed my mind");
  };
  const auto text = co_await test::text_of_failure(db.transaction(body));
  EXPECT_EQ(text, "changed my mind");
  EXPECT_FALSE(db.in_transaction());
  const auto rows = co_await all();
  EXPECT_THAT(rows, ElementsAre());
}

ASYNC_TEST_F(pg_transaction, an_error_of_the_server_rolls_back) {
  auto body = [&](pg::connection& tx) -> awaitable<void> {
    co_await add(1);
    co_await tx.execute("select 1 / $1", 0);
  };
  const auto code = co_await code_of(db.transaction(body));
  EXPECT_EQ(code, sqlstate::division_by_zero);
  const auto rows = co_await all();
  EXPECT_THAT(rows, ElementsAre());
}

ASYNC_TEST_F(pg_transaction, a_cancelled_body_rolls_back) {
  auto work = spawn([&] {
    return db.transaction([&](pg::connection& tx) -> awaitable<void> {
      co_await add(1);
      co_await tx.execute("select pg_sleep(20)");
    });
  });
  co_await sleep(50ms);
  work.cancel();
  co_await work.wait();
  EXPECT_TRUE(work.cancelled());
  const auto rows = co_await all();
  EXPECT_THAT(rows, ElementsAre());
  EXPECT_FALSE(db.in_transaction());
}

ASYNC_TEST_F(pg_transaction, inner_ones_are_savepoints) {
  co_await db.transaction([&](pg::connection& outer) -> awaitable<void> {
    co_await add(1);
    auto failing = [&](pg::connection& inner) -> awaitable<void> {
      co_await add(2);
      co_await inner.execute("select 1 / $1", 0);
    };
    const auto code = co_await code_of(outer.transaction(failing));
    EXPECT_EQ(code, sqlstate::division_by_zero);
    co_await outer.transaction([&](pg::connection& inner) -> awaitable<void> {
      co_await add(3);
      auto deepest = [&](pg::connection&) -> awaitable<void> {
        co_await add(4);
        throw std::runtime_error("no");
      };
      static_cast<void>(co_await test::text_of_failure(inner.transaction(deepest)));
      co_await add(5);
    });
  });
  const auto rows = co_await all();
  EXPECT_THAT(rows, ElementsAre(1, 3, 5));
}

ASYNC_TEST_F(pg_transaction, begun_by_hand) {
  auto tx = co_await db.begin();
  co_await add(1);
  auto inner = co_await db.begin();
  co_await add(2);
  auto code = co_await code_of(tx.commit());
  EXPECT_EQ(code, errc::transaction_state);  // the inner one is open
  co_await inner.rollback();
  co_await tx.commit();
  EXPECT_FALSE(tx.is_open());
  code = co_await code_of(tx.commit());
  EXPECT_EQ(code, errc::transaction_state);
  const auto rows = co_await all();
  EXPECT_THAT(rows, ElementsAre(1));
}

ASYNC_TEST_F(pg_transaction, that_is_dropped_is_rolled_back_before_the_next_call) {
  {
    auto tx = co_await db.begin();
    co_await add(1);
  }
  auto rows = co_await all();
  EXPECT_THAT(rows, ElementsAre());
  auto outer = co_await db.begin();
  co_await add(1);
  {
    auto inner = co_await db.begin();
    co_await add(2);
  }
  co_await add(3);
  co_await outer.commit();
  rows = co_await all();
  EXPECT_THAT(rows, ElementsAre(1, 3));
}

ASYNC_TEST_F(pg_transaction, that_outlives_its_connection) {
  auto other = co_await connect(options());
  auto tx = co_await other.begin();
  co_await other.execute("insert into t values (1)");
  other = pg::connection{};
  tx = pg::transaction{};
  const auto rows = co_await all();
  EXPECT_THAT(rows, ElementsAre());
}

ASYNC_TEST_F(pg_transaction, a_commit_of_a_failed_one_is_an_error) {
  auto tx = co_await db.begin();
  static_cast<void>(co_await code_of(db.execute("nonsense")));
  const auto text = co_await test::text_of_failure(tx.commit());
  EXPECT_THAT(text, HasSubstr("rolled back"));
  EXPECT_FALSE(db.in_transaction());
}

ASYNC_TEST_F(pg_transaction, options_reach_the_server) {
  pg::transaction_options how{.level = isolation::serializable, .read_only = true, .deferrable = true};
  auto read_only = [&](pg::connection& tx) -> awaitable<void> {
    auto level = co_await tx.fetch_value<std::string>("show transaction_isolation");
    EXPECT_EQ(level, "serializable");
    co_await add(1);
  };
  const auto code = co_await code_of(db.transaction(how, read_only));
  EXPECT_EQ(code, sqlstate::read_only_sql_transaction);
}

ASYNC_TEST_F(pg_transaction, a_serialization_failure_is_transient) {
  co_await add(1);
  auto other = co_await connect(options());
  pg::transaction_options how{.level = isolation::repeatable_read};
  auto tx = co_await db.begin(how);
  static_cast<void>(co_await all());
  co_await other.execute("update t set a = a + 1");
  const auto code = co_await code_of(db.execute("update t set a = a + 1"));
  EXPECT_EQ(code, sqlstate::serialization_failure);
  EXPECT_EQ(code, transient);
  co_await tx.rollback();
}

ASYNC_TEST_F(pg_transaction, inside_a_begin_of_ones_own) {
  co_await db.execute("begin");
  auto failing = [&](pg::connection&) -> awaitable<void> {
    co_await add(1);
    throw std::runtime_error("no");
  };
  static_cast<void>(co_await test::text_of_failure(db.transaction(failing)));
  EXPECT_TRUE(db.in_transaction());
  co_await add(2);
  co_await db.execute("commit");
  const auto rows = co_await all();
  EXPECT_THAT(rows, ElementsAre(2));
}

}  // namespace bight::pg::transaction_test
