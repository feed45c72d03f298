// What a connection remembers of a server, statements and types, when the schema changes under it.
#include <bight/pg/pool.hpp>

#include <bight/core/task.hpp>
#include <bight/net/listener.hpp>
#include <bight/pg/codec.hpp>
#include <bight/testing/fake_network.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "support/fake_postgres.hpp"
#include "support/pg_failures.hpp"

namespace bight::pg::schema_changes_test {

using test::code_of;
namespace server = test::server;

class pg_schema_changes : public testing::pg_test {
 public:
  awaitable<void> async_set_up() {
    co_await testing::pg_test::async_set_up();
    co_await db.execute("create table t (a int); insert into t values (1)");
  }
  // One more column, as a migration by another connection would add.
  awaitable<void> migrate() {
    auto other = co_await connect(options());
    co_await other.execute("alter table t add b" + std::to_string(++columns_) + " text");
  }

 private:
  int columns_ = 0;
};

constexpr const char* every = "select * from t where $1";

awaitable<int> columns_of_a_stream(pg::connection& c) {
  auto rows = c.stream(every, true);
  const auto* const row = co_await rows.next();
  const auto n = row ? static_cast<int>(row->size()) : 0;
  const auto* const end = co_await rows.next();
  EXPECT_EQ(end, nullptr);
  co_return n;
}

awaitable<int> columns_of_a_cursor(pg::connection& c) {
  auto cursor = co_await c.cursor(every, true);
  const auto rows = co_await cursor.fetch(1);
  co_return static_cast<int>(rows.columns().size());
}

awaitable<int> columns_of_a_pipeline(pg::connection& c) {
  auto p = c.pipeline();
  auto rows = p.fetch(every, true);
  co_await p.run();
  co_return static_cast<int>(rows.get().columns().size());
}

awaitable<int> executemany(pg::connection& c) {
  const std::vector<std::tuple<bool>> all{{true}, {false}};
  co_await c.executemany(every, all);
  co_return 0;
}

using use = std::function<awaitable<int>(pg::connection&)>;

ASYNC_TEST_F(pg_schema_changes, a_stream_outside_a_transaction_notices_nothing) {
  auto n = co_await columns_of_a_stream(db);
  EXPECT_EQ(n, 1);
  co_await migrate();
  n = co_await columns_of_a_stream(db);
  EXPECT_EQ(n, 2);
}

ASYNC_TEST_F(pg_schema_changes, no_kind_of_call_fails_twice) {
  const std::vector<use> all{columns_of_a_stream, columns_of_a_cursor, columns_of_a_pipeline, executemany};
  for (const auto& each : all) {
    auto inside = [&](pg::connection& tx) { return each(tx); };
    static_cast<void>(co_await db.transaction(inside));
    co_await migrate();
    const auto code = co_await code_of(db.transaction(inside));
    EXPECT_EQ(code, sqlstate::feature_not_supported);
    const auto again = co_await code_of(db.transaction(inside));
    EXPECT_EQ(again, boost::system::error_code{});
  }
}

ASYNC_TEST_F(pg_schema_changes, what_one_connection_of_a_pool_finds_out_all_know) {
  pool two{options(), pool_options{2}};
  auto first = co_await two.acquire();
  auto second = co_await two.acquire();
  static_cast<void>(co_await first->fetch(every, true));
  static_cast<void>(co_await second->fetch(every, true));
  co_await migrate();
  static_cast<void>(co_await first->fetch(every, true));
  co_await second->transaction([](pg::connection& tx) -> awaitable<void> {
    const auto rows = co_await tx.fetch(every, true);
    EXPECT_EQ(rows.columns().size(), 2U);
  });
}

ASYNC_TEST_F(pg_schema_changes, statements_that_the_session_has_discarded_are_prepared_again) {
  for (const auto* const sql : {"discard all", "deallocate all"}) {
    static_cast<void>(co_await db.fetch_value<int>("select $1::int", 1));
    co_await db.execute(sql);
    co_await db.transaction([](pg::connection& tx) -> awaitable<void> {
      const auto n = co_await tx.fetch_value<int>("select $1::int", 2);
      EXPECT_EQ(n, 2);
    });
  }
}

using pair = std::tuple<int, int>;
using triple = std::tuple<int, int, std::optional<std::string>>;

ASYNC_TEST_F(pg_schema_changes, an_altered_composite_type_is_read_again) {
  co_await db.execute("create type spot as (x int, y int); create table spots (at spot)");
  const pair one{1, 2};
  const triple with_note{1, 2, "a note"};
  co_await db.execute("insert into spots values ($1)", one);
  constexpr const char* all = "select at from spots";
  pool two{options(), pool_options{2}};
  auto first = co_await two.acquire();
  auto second = co_await two.acquire();
  const std::vector<pg::connection*> connections{&*first, &*second};
  for (auto* const c : connections) {
    const auto known = co_await c->fetch_value<pair>(all);
    EXPECT_EQ(known, one);
    co_await c->execute("insert into spots values ($1)", one);
  }
  co_await db.execute("alter type spot add attribute note text");
  auto code = co_await code_of(first->fetch_value<pair>(all));
  EXPECT_EQ(code, errc::wrong_column);
  auto back = co_await first->fetch_value<triple>(all);
  EXPECT_EQ(back, (triple{1, 2, std::nullopt}));
  co_await second->transaction([&](pg::connection& tx) -> awaitable<void> {
    const auto altered = co_await tx.fetch_value<triple>(all);
    EXPECT_EQ(altered, (triple{1, 2, std::nullopt}));
  });
  co_await db.execute("alter type spot drop attribute note");
  code = co_await code_of(first->execute("insert into spots values ($1)", with_note));
  EXPECT_TRUE(code);
  co_await first->execute("insert into spots values ($1)", one);
  co_await db.execute("alter type spot add attribute note text");
  const auto rows = co_await first->fetch(all);
  const auto text = test::thrown([&] { static_cast<void>(rows[0].get<pair>(0)); });
  EXPECT_THAT(text, ::testing::HasSubstr("altered"));
  back = co_await first->fetch_value<triple>(all);
  EXPECT_EQ(std::get<0>(back), 1);
}

// "Gecachter Plan": the text of the message depends on lc_messages.
ASYNC_TEST(pg_schema_changes_fake, a_changed_plan_is_recognized_in_any_language) {
  testing::fake_network network;
  const auto inside = network.use();
  net::listener l{*net::endpoint::parse("192.0.2.1:5432")};
  test::fake_postgres peer;
  auto serving = spawn([&] { return peer.run(l); });
  pg::options o;
  o.hosts = {{"192.0.2.1", 5432}};
  o.user = "u";
  o.ssl_mode = ssl_mode::disable;
  {
    auto db = co_await connect(o);
    static_cast<void>(co_await db.fetch_value<int>("select id from t where id = $1", 5));
    EXPECT_EQ(db.prepared_statements(), 1U);
    peer.answers['B'] =
        server::report('E', "FEHLER", "0A000", "gecachter Plan darf den Ergebnistyp nicht \xc3\xa4ndern",
                       "R" + server::zero("RevalidateCachedQuery"));
    peer.answers['E'] = "";
    const auto code = co_await code_of(db.fetch_value<int>("select id from t where id = $1", 5));
    EXPECT_EQ(code, sqlstate::feature_not_supported);
    EXPECT_EQ(db.prepared_statements(), 0U);
  }
  serving.cancel();
  co_await serving.wait();
  static_cast<void>(serving.exception());
}

}  // namespace bight::pg::schema_changes_test
