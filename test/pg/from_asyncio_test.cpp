// The code of the section PostgreSQL of docs/from-asyncio.md.
#include <bight/core/run.hpp>
#include <bight/core/timeout.hpp>
#include <bight/pg.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace pg = bight::pg;
using namespace std::chrono_literals;

namespace bight::pg::from_asyncio_test {

thread_local std::ostringstream out;
thread_local pg::options database;

bight::awaitable<void> print_adults() {
  pg::pool pool{database};  // such as "postgresql://user:password@127.0.0.1/database"

  auto connection = co_await pool.acquire();
  const auto rows = co_await connection->fetch("select * from users where age > $1", 18);
  for (const auto& row : rows)
    out << "User: " << row.get<std::string_view>("name") << ", Age: " << row.get<int>("age") << '\n';
  connection.release();

  co_await pool.close();
}

bight::awaitable<void> move_money(pg::pool& pool, int from, int to, int amount) {
  co_await pool.transaction([&](pg::connection& connection) -> bight::awaitable<void> {
    co_await connection.execute("update accounts set balance = balance - $1 where id = $2", amount, from);
    co_await connection.execute("update accounts set balance = balance + $1 where id = $2", amount, to);
  });
}

bight::awaitable<void> count_visits(pg::connection& db) {
  co_await db.transaction([&](pg::connection& connection) -> bight::awaitable<void> {
    auto cursor = co_await connection.cursor("select id from users order by id");
    auto ids = co_await cursor.fetch<int>(10);
    while (!ids.empty()) {
      for (const int id : ids)
        co_await connection.execute("update users set visits = visits + 1 where id = $1", id);
      ids = co_await cursor.fetch<int>(10);
    }
  });
}

bight::awaitable<void> load_users(pg::connection& db, std::vector<std::tuple<std::string, int>> users) {
  const auto copied = co_await db.copy_records(pg::into("users", "name", "age"), users);
  out << copied.tag << '\n';
}

bight::awaitable<void> add_user(pg::connection& db, std::string name, int age) {
  try {
    co_await db.execute(pg::query("insert into users (name, age) values ($1, $2)").timeout(5s), name, age);
  } catch (const pg::error& e) {
    if (e.code() != pg::sqlstate::unique_violation) throw;
    out << name << " is there already\n";
  }
}

bight::awaitable<void> wait_for_orders(pg::listener& events) {
  co_await events.listen("orders");
  auto event = co_await events.next();
  out << event.channel << ": " << event.payload << '\n';
}

class pg_from_asyncio : public bight::testing::pg_test {};

ASYNC_TEST_F(pg_from_asyncio, all_of_it) {
  out.str({});
  database = options();
  co_await db.execute(
      "create table users (id serial primary key, name text unique, age int, visits int default 0);"
      "create table accounts (id int primary key, balance int);"
      "insert into accounts values (1, 10), (2, 0)");
  std::vector<std::tuple<std::string, int>> users{{"ann", 30}, {"bob", 17}};
  co_await load_users(db, std::move(users));
  co_await print_adults();
  co_await add_user(db, "ann", 31);
  co_await count_visits(db);
  const auto visits = co_await db.fetch_value<std::int64_t>("select sum(visits) from users");
  EXPECT_EQ(visits, 2);
  pg::pool pool{database};
  co_await move_money(pool, 1, 2, 4);
  const auto balances = co_await pool.fetch<int>("select balance from accounts order by id");
  EXPECT_EQ(balances, (std::vector{6, 4}));
  pg::listener events{database};
  auto waiting = bight::spawn([&] { return wait_for_orders(events); });
  while (!waiting.done()) {
    co_await db.execute("notify orders, '17'");
    static_cast<void>(co_await bight::move_on_after(20ms, [&] { return waiting.wait(); }));
  }
  co_await std::move(waiting);
  EXPECT_EQ(out.str(), "COPY 2\nUser: ann, Age: 30\nann is there already\norders: 17\n");
}

}  // namespace bight::pg::from_asyncio_test
