// The code of docs/postgres.md.
#include <bight/pg.hpp>
#include <bight/pg/described.hpp>

#include <bight/core/retry.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <iostream>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace pg = bight::pg;
using bight::awaitable;
using namespace std::chrono_literals;

struct visitor {
  int id = 0;
  std::string name;
  std::optional<std::string> email;
};
BOOST_DESCRIBE_STRUCT(visitor, (), (id, name, email))

namespace bight::pg::guide_test {

class pg_guide : public bight::testing::pg_test {
 public:
  awaitable<void> async_set_up() {
    co_await bight::testing::pg_test::async_set_up();
    co_await db.execute("create table visitors (id int primary key, name text not null, email text)");
    co_await db.execute("insert into visitors values (1, 'ann', 'ann@example.org'), (2, 'bob', null)");
  }
};

ASYNC_TEST_F(pg_guide, queries) {
  std::vector<std::string> lines;
  auto print = [&](std::string_view line) { lines.emplace_back(line); };

  auto visitors = co_await db.fetch("select id, name from visitors where id < $1 order by id", 10);
  for (const auto& v : visitors) print(v.get<std::string_view>("name"));

  auto ann = co_await db.fetch_row("select * from visitors where id = $1", 1);
  if (ann) print(ann->get<std::string_view>("email"));

  auto all = co_await db.fetch<visitor>("select * from visitors order by id");
  auto pairs = co_await db.fetch<std::tuple<int, std::string>>("select id, name from visitors");
  auto count = co_await db.fetch_value<std::int64_t>("select count(*) from visitors");
  auto email =
      co_await db.fetch_value<std::optional<std::string>>("select email from visitors where id = $1", 2);

  EXPECT_EQ(lines, (std::vector<std::string>{"ann", "bob", "ann@example.org"}));
  EXPECT_EQ(all.size(), 2U);
  EXPECT_EQ(all.front().email, "ann@example.org");
  EXPECT_EQ(pairs.size(), 2U);
  EXPECT_EQ(count, 2);
  EXPECT_FALSE(email);
}

ASYNC_TEST_F(pg_guide, changes) {
  auto done = co_await db.execute("update visitors set email = $2 where id = $1", 2, "bob@example.org");
  std::vector<std::tuple<int, std::string>> more{{3, "cid"}, {4, "dan"}};
  co_await db.executemany("insert into visitors (id, name) values ($1, $2)", more);
  EXPECT_EQ(done.rows, 1U);

  co_await db.transaction([&](pg::connection& tx) -> awaitable<void> {
    co_await tx.execute("delete from visitors where id = $1", 3);
    co_await tx.execute("update visitors set name = upper(name)");
  });
  auto names = co_await db.fetch<std::string>("select name from visitors order by id");
  EXPECT_EQ(names, (std::vector<std::string>{"ANN", "BOB", "DAN"}));
}

ASYNC_TEST_F(pg_guide, errors) {
  std::string said;
  try {
    co_await db.execute(pg::query("insert into visitors values ($1, $2)").name("add visitor"), 1, "eve");
  } catch (const pg::error& e) {
    if (e.code() != pg::sqlstate::unique_violation) throw;
    said = e.constraint();
  }
  EXPECT_EQ(said, "visitors_pkey");
}

ASYNC_TEST_F(pg_guide, much_data) {
  auto rows = db.stream("select id, name from visitors");
  auto* row = co_await rows.next();
  while (row) {
    std::cout << row->get<int>("id") << '\n';
    row = co_await rows.next();
  }

  std::vector<std::tuple<int, std::string>> records{{5, "eve"}, {6, "fay"}};
  co_await db.copy_records(pg::into("visitors", "id", "name"), records);
  auto out = co_await db.copy_out("copy visitors to stdout (format csv)");
  auto line = co_await out.next();
  while (line) {
    std::cout << *line;
    line = co_await out.next();
  }
}

ASYNC_TEST_F(pg_guide, pipelines) {
  auto p = db.pipeline();
  auto name = p.fetch_value<std::string>("select name from visitors where id = $1", 1);
  auto done = p.execute("delete from visitors where id = $1", 2);
  co_await p.run();
  EXPECT_EQ(name.get(), "ann");
  EXPECT_EQ(done.get().rows, 1U);
}

ASYNC_TEST_F(pg_guide, pools) {
  auto connection = options();

  pg::pool pool{connection, pg::pool_options{8}};
  auto name = co_await pool.fetch_value<std::string>("select name from visitors where id = $1", 1);
  auto slow = pg::query("select pg_sleep(10)").timeout(50ms);
  try {
    co_await pool.execute(std::move(slow));
  } catch (
      const bight::timeout_error&) {  // the server has been asked to stop, and the connection is used again
  }
  EXPECT_EQ(name, "ann");
  auto again = co_await pool.fetch_value<int>("select 1");
  EXPECT_EQ(again, 1);
}

ASYNC_TEST_F(pg_guide, notifications) {
  auto connection = options();
  std::string got;

  pg::listener events{connection};
  co_await events.listen("orders");
  co_await db.execute("select pg_notify('orders', '17')");
  auto event = co_await events.next();
  if (!event.gap) got = event.payload;
  EXPECT_EQ(got, "17");
}

ASYNC_TEST_F(pg_guide, cursors_and_retries) {
  co_await db.transaction([&](pg::connection& tx) -> awaitable<void> {
    auto cursor = co_await tx.cursor("select id from visitors order by id");
    auto ids = co_await cursor.fetch<int>(100);
    while (!ids.empty()) {
      for (const int id : ids) co_await tx.execute("update visitors set email = null where id = $1", id);
      ids = co_await cursor.fetch<int>(100);
    }
  });
  const auto emails = co_await db.fetch_value<std::int64_t>("select count(email) from visitors");
  EXPECT_EQ(emails, 0);

  pg::pool pool{options(), pg::pool_options{2}};
  bight::retry_policy policy;
  auto once = [&] {
    pg::transaction_options how{.level = pg::isolation::serializable};
    return pool.transaction(how, [](pg::connection& tx) -> awaitable<void> {
      const auto n = co_await tx.fetch_value<std::int64_t>("select count(*) from visitors");
      co_await tx.execute("update visitors set name = name || $1", std::to_string(n));
    });
  };
  co_await bight::retry(policy, once);
  const auto name = co_await db.fetch_value<std::string>("select name from visitors where id = 1");
  EXPECT_EQ(name, "ann2");
}

}  // namespace bight::pg::guide_test
