// Queries on a real server.
#include <bight/pg/connection.hpp>

#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/pg/codec.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <boost/system/system_error.hpp>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "support/pg_failures.hpp"

namespace bight::pg::connection_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using test::code_of;
using test::text_of_failure;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class pg_connection : public testing::pg_test {};

using user = std::tuple<int, std::string>;

ASYNC_TEST_F(pg_connection, ten_calls) {
  co_await db.execute("create table users (id int primary key, name text not null)");
  auto inserted =
      co_await db.execute("insert into users values ($1, $2), ($3, $4)", 1, "ann", 2, std::string{"bob"});
  EXPECT_EQ(inserted.rows, 2U);
  EXPECT_EQ(inserted.tag, "INSERT 0 2");
  auto users = co_await db.fetch("select id, name from users where id < $1 order by id", 10);
  std::map<int, std::string> seen;
  for (const auto& u : users) seen[u.get<int>("id")] = u.get<std::string>("name");
  EXPECT_EQ(seen, (std::map<int, std::string>{{1, "ann"}, {2, "bob"}}));
  auto first = co_await db.fetch_row("select * from users where id = $1", 1);
  CO_ASSERT_TRUE(first);
  EXPECT_EQ(first->get<std::string_view>("name"), "ann");
  auto name = co_await db.fetch_value<std::string>("select name from users where id = $1", 2);
  EXPECT_EQ(name, "bob");
  auto all = co_await db.fetch<user>("select id, name from users order by id");
  EXPECT_THAT(all, ElementsAre(user{1, "ann"}, user{2, "bob"}));
  const std::vector<user> more{{3, "cid"}, {4, "dan"}};
  co_await db.executemany("insert into users values ($1, $2)", more);
  co_await db.transaction([&](pg::connection& tx) -> awaitable<void> {
    co_await tx.execute("update users set name = upper(name) where id = $1", 4);
  });
  auto rows = db.stream("select name from users order by id desc");
  const auto* row = co_await rows.next();
  CO_ASSERT_TRUE(row);
  EXPECT_EQ(row->get<std::string>(0), "DAN");
  co_await rows.close();
  auto count = co_await db.fetch_value<std::int64_t>("select count(*) from users");
  EXPECT_EQ(count, 4);
}

ASYNC_TEST_F(pg_connection, rows_by_name_index_and_tuple) {
  auto r = co_await db.fetch("select 1 as a, 'x'::text as b, null::int as c, 4 as a");
  CO_ASSERT_EQ(r.size(), 1U);
  const auto row = r[0];
  EXPECT_EQ(row.size(), 4U);
  EXPECT_EQ(row[0].as<int>(), 1);
  EXPECT_EQ(row["b"].as<std::string>(), "x");
  EXPECT_TRUE(row["c"].is_null());
  EXPECT_EQ(row.get<std::optional<int>>("c"), std::nullopt);
  EXPECT_EQ(row.get<std::optional<int>>("a"), 1);  // the first of that name
  EXPECT_EQ(row[3].as<int>(), 4);
  EXPECT_EQ(r.columns()[1].name, "b");
  EXPECT_EQ(r.columns()[1].type->name(), "text");
  const auto t = row.as<std::tuple<int, std::string, std::optional<int>, int>>();
  EXPECT_EQ(std::get<1>(t), "x");
  EXPECT_EQ(r.tag(), "SELECT 1");
  EXPECT_EQ(r.affected_rows(), 1U);
}

ASYNC_TEST_F(pg_connection, a_row_keeps_its_result_alive) {
  std::optional<row> kept;
  {
    auto r = co_await db.fetch("select 'something longer than a small string'::text");
    for (const auto& one : r) kept = one;
  }
  EXPECT_EQ(kept->get<std::string_view>(0), "something longer than a small string");
}

ASYNC_TEST_F(pg_connection, what_does_not_fit_names_the_column) {
  auto r = co_await db.fetch("select 1 as a, null::text as b, 5000000000 as c");
  const auto row = r[0];
  EXPECT_THAT(test::thrown([&] { static_cast<void>(row["none"]); }),
              HasSubstr("no column \"none\", only a, b, c"));
  EXPECT_THAT(test::thrown([&] { static_cast<void>(row[3]); }), HasSubstr("no column 3"));
  EXPECT_THAT(test::thrown([&] { static_cast<void>(row.get<std::string>("b")); }),
              HasSubstr("\"b\" is NULL"));
  EXPECT_THAT(test::thrown([&] { static_cast<void>(row.get<std::string>("a")); }), HasSubstr("\"a\""));
  EXPECT_THAT(test::thrown([&] { static_cast<void>(row.get<int>("c")); }), HasSubstr("\"c\""));
  EXPECT_THAT(test::thrown([&] { static_cast<void>(row.as<std::tuple<int>>()); }), HasSubstr("3 columns"));
}

ASYNC_TEST_F(pg_connection, fetch_row_and_fetch_value_without_rows) {
  auto row = co_await db.fetch_row("select 1 where false");
  EXPECT_FALSE(row);
  auto typed = co_await db.fetch_row<std::tuple<int>>("select 1 where false");
  EXPECT_FALSE(typed);
  auto value = co_await db.fetch_value<std::optional<int>>("select 1 where false");
  EXPECT_FALSE(value);
  auto null = co_await db.fetch_value<std::optional<int>>("select null::int");
  EXPECT_FALSE(null);
  const auto code = co_await code_of(db.fetch_value<int>("select 1 where false"));
  EXPECT_EQ(code, errc::no_rows);
  const auto unexpected = co_await code_of(db.fetch_value<int>("select null::int"));
  EXPECT_EQ(unexpected, errc::unexpected_null);
}

ASYNC_TEST_F(pg_connection, parameters_are_checked) {
  const auto few = co_await text_of_failure(db.execute("select $1::int + $2::int", 1));
  EXPECT_THAT(few, HasSubstr("the statement has 2 parameters, the call 1"));
  const auto wrong = co_await text_of_failure(db.execute("select $1::int", "text"));
  EXPECT_THAT(wrong, HasSubstr("$1 (int4)"));
  const auto narrow = co_await text_of_failure(db.execute("select $1::int2", 70000));
  EXPECT_THAT(narrow, HasSubstr("$1 (int2)"));
  auto wide = co_await db.fetch_value<std::int64_t>("select $1::int8", 5);
  EXPECT_EQ(wide, 5);
  auto null = co_await db.fetch_value<bool>("select $1::int is null", std::nullopt);
  EXPECT_TRUE(null);
  const auto zero = co_await code_of(db.execute(std::string("select 1\0, 2", 12)));
  EXPECT_EQ(zero, errc::wrong_parameter);
  auto still = co_await db.fetch_value<int>("select 1");
  EXPECT_EQ(still, 1);
}

ASYNC_TEST_F(pg_connection, errors_say_everything) {
  co_await db.execute("create table t (id int primary key)");
  co_await db.execute("insert into t values (1)");
  try {
    co_await db.execute(pg::query("insert into t values ($1)").name("add_t"), 1);
    ADD_FAILURE();
  } catch (const error& e) {
    EXPECT_EQ(e.code(), sqlstate::unique_violation);
    EXPECT_EQ(e.code(), sqlstate_class::integrity_constraint_violation);
    EXPECT_NE(e.code(), sqlstate_class::data_exception);
    EXPECT_NE(e.code(), transient);
    EXPECT_EQ(e.state(), "23505");
    EXPECT_EQ(e.severity(), "ERROR");
    EXPECT_EQ(e.constraint(), "t_pkey");
    EXPECT_EQ(e.table(), "t");
    EXPECT_EQ(e.schema(), schema());
    EXPECT_EQ(e.query_name(), "add_t");
    EXPECT_THAT(e.detail(), HasSubstr("(id)=(1)"));
    EXPECT_THAT(e.what(), HasSubstr("add_t"));
    EXPECT_THAT(e.what(), HasSubstr("SQLSTATE 23505"));
  }
  try {
    co_await db.fetch("select nonsense from t where id = $1", 1);
    ADD_FAILURE();
  } catch (const error& e) {
    EXPECT_EQ(e.code(), sqlstate::undefined_column);
    EXPECT_EQ(e.position(), 8);
  }
  auto still = co_await db.fetch_value<int>("select 1");
  EXPECT_EQ(still, 1);
}

ASYNC_TEST_F(pg_connection, errors_that_pass_are_transient) {
  EXPECT_EQ(make_error_code(sqlstate::serialization_failure), transient);
  EXPECT_EQ(make_error_code(sqlstate::deadlock_detected), transient);
  EXPECT_EQ(make_error_code(sqlstate::admin_shutdown), transient);
  EXPECT_EQ(make_error_code(sqlstate::too_many_connections), transient);
  EXPECT_NE(make_error_code(sqlstate::query_canceled), transient);
  EXPECT_NE(make_error_code(sqlstate::syntax_error), transient);
  co_return;
}

ASYNC_TEST_F(pg_connection, a_second_call_is_an_error_at_once) {
  auto first = spawn([&] { return db.fetch_value<int>("select 1 from pg_sleep(0.2)"); });
  co_await sleep(20ms);
  EXPECT_TRUE(db.is_busy());
  const auto code = co_await code_of(db.fetch_value<int>("select 2"));
  EXPECT_EQ(code, errc::busy);
  const auto one = co_await std::move(first);
  EXPECT_EQ(one, 1);
}

ASYNC_TEST_F(pg_connection, a_call_whose_time_is_up_is_cancelled_and_the_connection_stays_usable) {
  for (int i = 0; i != 3; ++i) {
    const auto began = clock::now();
    const auto code = co_await code_of(db.execute(pg::query("select pg_sleep($1)").timeout(50ms), 20.0));
    EXPECT_EQ(code, make_error_code(bight::errc::timed_out));
    auto still = co_await db.fetch_value<int>("select $1::int", i);
    EXPECT_EQ(still, i);
    EXPECT_LT(clock::now() - began, 5s);
  }
  EXPECT_TRUE(db.is_open());
}

ASYNC_TEST_F(pg_connection, a_task_that_is_cancelled_leaves_a_usable_connection) {
  auto work = spawn([&] { return db.execute("select pg_sleep(20)"); });
  co_await sleep(30ms);
  work.cancel();
  co_await work.wait();
  EXPECT_TRUE(work.cancelled());
  auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
}

ASYNC_TEST_F(pg_connection, cancel_ends_the_call_of_another_task) {
  auto work = spawn([&] { return code_of(db.execute("select pg_sleep(20)")); });
  co_await sleep(30ms);
  co_await db.cancel();
  const auto code = co_await std::move(work);
  EXPECT_EQ(code, sqlstate::query_canceled);
  co_await db.cancel();  // nothing to cancel
  auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
}

ASYNC_TEST_F(pg_connection, statements_are_kept_and_the_oldest_dropped) {
  auto o = options();
  o.statement_cache_size = 3;
  auto c = co_await connect(o);
  constexpr const char* on_server = "select count(*)::int from pg_prepared_statements where $1";
  for (int i = 0; i != 10; ++i) {
    auto n = co_await c.fetch_value<int>("select $1::int + " + std::to_string(i), 1);
    EXPECT_EQ(n, i + 1);
  }
  EXPECT_EQ(c.prepared_statements(), 3U);
  auto n = co_await c.fetch_value<int>(on_server, true);
  n = co_await c.fetch_value<int>(on_server, true);
  EXPECT_EQ(n, 3);
  o.statement_cache_size = 0;
  auto none = co_await connect(o);
  n = co_await none.fetch_value<int>(on_server, true);
  n = co_await none.fetch_value<int>(on_server, true);
  EXPECT_EQ(n, 0);
}

ASYNC_TEST_F(pg_connection, statements_that_fail_leave_none_behind_at_the_server) {
  auto o = options();
  o.statement_cache_size = 3;
  auto c = co_await connect(o);
  for (int i = 0; i != 20; ++i) {
    const auto code = co_await code_of(c.fetch("select 1 / $1::int + " + std::to_string(i), 0));
    EXPECT_EQ(code, sqlstate::division_by_zero);
  }
  auto n = co_await c.fetch_value<int>("select count(*)::int from pg_prepared_statements where $1", true);
  n = co_await c.fetch_value<int>("select 0 * $1::int", 1);
  n = co_await c.fetch_value<int>("select count(*)::int from pg_prepared_statements where $1", true);
  EXPECT_LE(n, 4);
}

ASYNC_TEST_F(pg_connection, statements_that_are_not_kept_may_have_types_of_the_user) {
  co_await db.execute("create type shade as enum ('dark', 'bright'); create table t (a int, b shade)");
  auto o = options();
  o.statement_cache_size = 0;
  auto c = co_await connect(o);
  co_await c.execute("insert into t values ($1, $2)", 1, "dark");
  auto other = co_await connect(o);
  const auto dark = co_await other.fetch_value<std::string>("select b from t where a = $1", 1);
  EXPECT_EQ(dark, "dark");
  auto many = co_await connect(o);
  const std::vector<std::tuple<int, std::string>> rows{{2, "bright"}, {3, "dark"}};
  co_await many.executemany("insert into t values ($1, $2)", rows);
  const auto n = co_await many.fetch_value<std::int64_t>("select count(*) from t");
  EXPECT_EQ(n, 3);
}

ASYNC_TEST_F(pg_connection, a_statement_that_the_server_has_forgotten_is_prepared_again) {
  auto n = co_await db.fetch_value<int>("select $1::int", 1);
  co_await db.execute("deallocate all");
  n = co_await db.fetch_value<int>("select $1::int", 2);
  EXPECT_EQ(n, 2);
}

ASYNC_TEST_F(pg_connection, a_statement_whose_columns_changed_is_prepared_again_outside_a_transaction) {
  co_await db.execute("create table t as select 1 as a");
  auto r = co_await db.fetch("select * from t where $1", true);
  EXPECT_EQ(r.columns().size(), 1U);
  co_await db.execute("alter table t add b text");
  r = co_await db.fetch("select * from t where $1", true);
  EXPECT_EQ(r.columns().size(), 2U);
  co_await db.execute("alter table t add c text");
  auto inside = [&](pg::connection& tx) -> awaitable<void> {
    co_await tx.fetch("select * from t where $1", true);
  };
  const auto code = co_await code_of(db.transaction(inside));
  EXPECT_EQ(code, sqlstate::feature_not_supported);
  r = co_await db.fetch("select * from t where $1", true);
  EXPECT_EQ(r.columns().size(), 3U);
}

ASYNC_TEST_F(pg_connection, one_shot_leaves_no_statements) {
  auto o = options();
  o.prepare = prepare_mode::one_shot;
  auto c = co_await connect(o);
  auto r = co_await c.fetch("select $1::int8 as a, $2::text as b, $3::text as c", std::int64_t{5}, "x",
                            std::nullopt);
  EXPECT_EQ(r[0].get<std::int64_t>("a"), 5);
  EXPECT_EQ(r[0].get<std::string>("b"), "x");
  EXPECT_TRUE(r[0]["c"].is_null());
  co_await c.execute("create type mood as enum ('sad', 'happy')");
  auto happy =
      co_await c.fetch_value<bool>("select 'happy'::mood = $1", "happy");  // the server knows the type
  EXPECT_TRUE(happy);
  auto n = co_await c.fetch_value<std::int64_t>("select count(*) from pg_prepared_statements");
  EXPECT_EQ(n, 0);
  auto rows = c.stream("select generate_series(1, $1::int)", 5);
  rows.batch(2);
  int sum = 0;
  const auto* row = co_await rows.next();
  while (row) {
    sum += row->get<int>(0);
    row = co_await rows.next();
  }
  EXPECT_EQ(sum, 15);
}

ASYNC_TEST_F(pg_connection, one_shot_does_not_show_binary_values_as_texts) {
  auto o = options();
  o.prepare = prepare_mode::one_shot;
  auto c = co_await connect(o);
  for (const auto* const sql :
       {"select '1.50'::money", "select '{1.50}'::money[]", "select '101'::bit(3)", "select 'a b'::tsvector",
        "select '12:00+01'::timetz", "select 'pg_class'::regclass", "select '(1,2)'::point"}) {
    const auto text = co_await text_of_failure(c.fetch_value<std::string>(sql));
    EXPECT_THAT(text, HasSubstr("cast it to text")) << sql;
    auto r = co_await c.fetch(sql);
    EXPECT_THAT(test::thrown([&] { static_cast<void>(r[0].get<std::string_view>(0)); }),
                HasSubstr("cast it to text"))
        << sql;
    const auto known = co_await db.fetch_value<std::string>(sql);
    const auto cast =
        co_await c.fetch_value<std::string>("select x::text from (" + std::string{sql} + ") s(x)");
    EXPECT_EQ(cast, known);
  }
}

ASYNC_TEST_F(pg_connection, a_copy_in_a_call_that_is_not_for_it) {
  co_await db.execute("create table t (a int)");
  auto code = co_await code_of(db.execute("copy t from stdin"));
  EXPECT_EQ(code, errc::unexpected_copy);
  code = co_await code_of(db.execute("copy t to stdout"));
  EXPECT_EQ(code, errc::unexpected_copy);
  code = co_await code_of(db.fetch("copy t from stdin"));
  EXPECT_EQ(code, errc::unexpected_copy);
  code = co_await code_of(db.fetch("copy t to stdout"));
  EXPECT_EQ(code, errc::unexpected_copy);
  auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
}

ASYNC_TEST_F(pg_connection, large_parameters_and_results) {
  const std::string big(10U << 20U, 'x');
  auto back = co_await db.fetch_value<std::string>("select $1::text", big);
  EXPECT_EQ(back, big);
  auto r = co_await db.fetch("select repeat('y', 1000000) from generate_series(1, 10)");
  EXPECT_EQ(r.size(), 10U);
  EXPECT_EQ(r[9].get<std::string_view>(0).size(), 1000000U);
}

ASYNC_TEST_F(pg_connection, limits_are_named) {
  auto o = options();
  o.max_result_bytes = 100'000;
  o.max_message_bytes = 50'000;
  auto c = co_await connect(o);
  const auto result =
      co_await text_of_failure(c.fetch("select repeat('y', 1000) from generate_series(1, 200)"));
  EXPECT_THAT(result, HasSubstr("max_result_bytes is 100000"));
  auto still = co_await c.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
  const auto message = co_await text_of_failure(c.fetch("select repeat('y', 60000)"));
  EXPECT_THAT(message, HasSubstr("max_message_bytes is 50000"));
  EXPECT_FALSE(c.is_open());
  const auto code = co_await code_of(c.fetch("select 1"));
  EXPECT_EQ(code, errc::connection_closed);
}

ASYNC_TEST_F(pg_connection, notices) {
  std::vector<std::string> said;
  db.on_notice([&](const notice& n) { said.push_back(n.severity + ' ' + n.message); });
  co_await db.execute("do $$ begin raise notice 'hello %', 5; raise warning 'look'; end $$");
  EXPECT_THAT(said, ElementsAre("NOTICE hello 5", "WARNING look"));
}

ASYNC_TEST_F(pg_connection, a_notice_that_is_not_wanted_does_not_cost_the_connection) {
  db.on_notice([](const notice&) { throw std::runtime_error("not now"); });
  const auto text = co_await text_of_failure(db.execute("do $$ begin raise notice 'one'; end $$"));
  EXPECT_EQ(text, "not now");
  const auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
}

ASYNC_TEST_F(pg_connection, calls_are_logged_and_measured) {
  auto o = options();
  metrics all;
  const auto count = record_queries(all);
  std::vector<std::string> log;
  o.on_query = [&](const query_record& q) {
    count(q);
    log.push_back(std::string{q.name.empty() ? q.sql : q.name} + ' ' + std::to_string(q.rows) + ' ' +
                  std::to_string(q.error.failed()));
  };
  auto c = co_await connect(o);
  co_await c.fetch(pg::query("select generate_series(1, 3)").name("three"));
  co_await c.execute("select 1");
  static_cast<void>(co_await code_of(c.execute(pg::query("select nonsense").name("bad"))));
  static_cast<void>(co_await code_of(c.execute(pg::query("select pg_sleep(9)").name("slow").timeout(20ms))));
  EXPECT_THAT(log, ElementsAre("three 3 0", "select 1 1 0", "bad 0 1", "slow 0 1"));
  EXPECT_THAT(all.text(), HasSubstr("pg_query_errors_total{name=\"bad\"} 1"));
  EXPECT_THAT(all.text(), HasSubstr("pg_rows_total{name=\"three\"} 3"));
}

ASYNC_TEST_F(pg_connection, a_server_process_that_is_terminated) {
  auto victim = co_await connect(options());
  auto killed =
      co_await db.fetch_value<bool>("select pg_terminate_backend($1)", static_cast<int>(victim.server_pid()));
  EXPECT_TRUE(killed);
  const auto code = co_await code_of(victim.fetch_value<int>("select 1"));
  EXPECT_EQ(code, sqlstate::admin_shutdown);
  EXPECT_EQ(code, transient);
  EXPECT_FALSE(victim.is_open());
  const auto text = co_await text_of_failure(victim.execute("select 1"));
  EXPECT_THAT(text, HasSubstr("terminating connection"));
}

ASYNC_TEST_F(pg_connection, terminated_during_a_call) {
  auto victim = co_await connect(options());
  auto work = spawn([&] { return code_of(victim.execute("select pg_sleep(20)")); });
  co_await sleep(30ms);
  co_await db.execute("select pg_terminate_backend($1)", static_cast<int>(victim.server_pid()));
  const auto code = co_await std::move(work);
  EXPECT_EQ(code, sqlstate::admin_shutdown);
}

ASYNC_TEST_F(pg_connection, what_the_server_says_about_itself) {
  EXPECT_TRUE(db.parameter("server_version").starts_with("1"));
  EXPECT_EQ(db.parameter("nonsense"), "");
  co_await db.execute("set timezone = 'Europe/Vienna'");
  EXPECT_EQ(db.parameter("TimeZone"), "Europe/Vienna");
  EXPECT_FALSE(db.in_transaction());
  co_await db.execute("begin");
  EXPECT_TRUE(db.in_transaction());
  static_cast<void>(co_await code_of(db.execute("nonsense")));
  EXPECT_TRUE(db.in_failed_transaction());
  co_await db.execute("rollback");
  EXPECT_FALSE(db.in_transaction());
}

ASYNC_TEST_F(pg_connection, closing) {
  auto c = co_await connect(options());
  co_await c.close();
  EXPECT_FALSE(c.is_open());
  co_await c.close();
  const auto code = co_await code_of(c.execute("select 1"));
  EXPECT_EQ(code, errc::connection_closed);
  pg::connection none;
  EXPECT_FALSE(none.is_open());
  const auto without = co_await code_of(none.execute("select 1"));
  EXPECT_EQ(without, errc::connection_closed);
}

ASYNC_TEST_F(pg_connection, a_connection_that_is_destroyed_is_closed_at_the_server) {
  auto pid = 0;
  {
    auto c = co_await connect(options());
    pid = static_cast<int>(c.server_pid());
  }
  bool there = true;
  for (int i = 0; there && i != 100; ++i) {
    there = co_await db.fetch_value<bool>("select exists (select from pg_stat_activity where pid = $1)", pid);
    co_await sleep(10ms);
  }
  EXPECT_FALSE(there);
}

ASYNC_TEST_F(pg_connection, types_of_the_user_are_looked_up) {
  co_await db.execute(
      "create type mood as enum ('sad', 'happy'); create domain small as int check (value < 10)");
  auto mood = co_await db.fetch_value<std::string>("select 'happy'::mood");
  EXPECT_EQ(mood, "happy");
  auto same = co_await db.fetch_value<bool>("select $1::mood = 'sad'", "sad");
  EXPECT_TRUE(same);
  auto small = co_await db.fetch_value<int>("select 5::small");
  EXPECT_EQ(small, 5);
  auto moods = co_await db.fetch_value<std::vector<std::string>>("select array['sad', 'happy']::mood[]");
  EXPECT_THAT(moods, ElementsAre("sad", "happy"));
}

}  // namespace bight::pg::connection_test
