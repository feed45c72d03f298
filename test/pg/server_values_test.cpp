// Every type against the server: what it sends is its own text, and what it is sent is the same value.
#include <bight/pg/codec.hpp>

#include <gtest/gtest.h>

#include <bight/pg/json.hpp>
#include <bight/testing_pg.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pg/server_values.hpp"
#include "pg/values.hpp"

namespace bight::pg::server_values_test {

using namespace samples;

class pg_server_values : public testing::pg_test {
 public:
  awaitable<void> async_set_up() {
    co_await testing::pg_test::async_set_up();
    co_await db.execute("set timezone to 'UTC'");
  }

  /// Sends what the bytes are, and reads it back as a T and as text.
  template <class T>
  awaitable<void> check(std::string type, std::string text, T value) {
    // json and xml have no equality
    const bool comparable = type != "json" && type != "xml" && type != "xml[]";
    const std::string same = comparable ? "$1 is not distinct from $2::text::" + type : "true";
    const auto sql = "select $1::" + type + ", ($1::" + type + ")::text, " + same + ", $2::text";
    const auto back = co_await db.fetch_row<std::tuple<T, std::string, bool, std::string>>(sql, value, text);
    EXPECT_TRUE(back.has_value());
    if (!back) co_return;
    EXPECT_EQ(encoded(std::get<0>(*back), *find_type(type)), encoded(value, *find_type(type)))
        << type << ' ' << text;
    EXPECT_EQ(std::get<1>(*back), text) << type;
    EXPECT_TRUE(std::get<2>(*back)) << type << ' ' << text;
  }

  /// Reads random values of the server's making, compares their texts, and sends them back.
  template <class T>
  awaitable<void> check_random(std::string type, std::string expression) {
    const auto made =
        co_await db.fetch<std::tuple<T, std::string>>("select x, x::text from (select (" + expression +
                                                      ")::" + type + " as x from generate_series(1, 300)) s");
    EXPECT_EQ(made.size(), 300u);
    std::vector<T> values;
    std::vector<std::string> texts;
    for (const auto& [value, text] : made) {
      EXPECT_EQ(text_of(value), text) << type;
      values.push_back(value);
      texts.push_back(text);
    }
    const auto distinct = co_await db.fetch_value<std::int64_t>(
        "select count(*) from unnest($1::" + type +
            "[], $2::text[]) as t(x, y) where x is distinct from y::" + type,
        values, texts);
    EXPECT_EQ(distinct, 0) << type;
  }

 private:
  static const data_type* find_type(std::string_view name) {
    for (const auto& v : server_values)
      if (type_of(v.type).name() == name) return &type_of(v.type);
    return nullptr;
  }
};

ASYNC_TEST_F(pg_server_values, every_value_is_the_same_on_both_sides) {
  for (const auto& v : server_values) {
    const auto& type = type_of(v.type);
    if (v.type == oids::bpchar || v.type == oids::char_) continue;  // casts to text lose or cut
    const auto bytes = from_hex(v.hex);
    const auto rank = bytes.size() > 3 ? static_cast<std::uint8_t>(bytes[3]) : std::uint8_t{0};
    std::vector<awaitable<void>> one;
    with_type(v.type, rank, [&]<class T>(T*) {
      one.push_back(check<T>(std::string{type.name()}, std::string{v.text}, decoded<T>(type, bytes)));
    });
    for (auto& each : one) co_await std::move(each);
  }
}

ASYNC_TEST_F(pg_server_values, random_values_are_the_same_on_both_sides) {
  using namespace std::chrono;
  co_await check_random<decimal>("numeric",
                                 "round((random()*10^(30*random()))::numeric, (random()*12)::int)");
  co_await check_random<decimal>("numeric", "-(random()*1e-20)::numeric");
  co_await check_random<std::int64_t>("int8", "random()*9e18-4.5e18");
  co_await check_random<sys_days>("date", "date '0001-01-01' + (random()*3600000)::int");
  co_await check_random<local_time<microseconds>>(
      "timestamp", "timestamp '0001-01-01' + random()*3600000*interval '1 day'");
  co_await check_random<sys_time<microseconds>>(
      "timestamptz", "timestamptz '0001-01-01 00:00:00+00' + random()*3600000*interval '1 day'");
  co_await check_random<time_of_day>("time", "time '00:00' + random()*interval '1 day'");
  co_await check_random<interval>(
      "interval",
      "make_interval(years=>(random()*40-20)::int, months=>(random()*40-20)::int, "
      "days=>(random()*100-50)::int, secs=>random()*200000-100000)");
  co_await check_random<inet>("inet",
                              "set_masklen('0.0.0.0'::inet + (random()*4e9)::int8, (random()*32)::int)");
  co_await check_random<uuid>("uuid", "gen_random_uuid()");
}

ASYNC_TEST_F(pg_server_values, types_of_the_database_are_learned) {
  co_await db.execute(
      "create type mood as enum ('sad', 'happy');"
      "create domain positive as int4 check (value > 0);"
      "create type pair as (feeling mood, n positive);"
      "create type node as (name text, pairs pair[]);"
      "create type floats as range (subtype = float8);"
      "create table nodes (id int4, node node)");
  using pair = std::tuple<std::string, std::optional<int>>;
  using node = std::tuple<std::string, std::vector<pair>>;
  const node value{"a", {{"sad", 1}, {"happy", std::nullopt}}};
  co_await db.execute("insert into nodes values ($1, $2)", 1, value);
  const auto back = co_await db.fetch_value<node>("select node from nodes");
  EXPECT_EQ(back, value);
  const auto text = co_await db.fetch_value<std::string>("select node::text from nodes");
  EXPECT_EQ(text, R"x((a,"{""(sad,1)"",""(happy,)""}"))x");

  const range<double> r{1.5, std::nullopt};
  const auto range_back = co_await db.fetch_value<range<double>>("select $1::floats", r);
  EXPECT_EQ(range_back, r);
}

ASYNC_TEST_F(pg_server_values, domains_over_arrays_are_arrays) {
  co_await db.execute(
      "create domain numbers as int4[] check (array_length(value, 1) < 4);"
      "create domain words as text[];"
      "create domain few_words as words;"
      "create type lists as (n numbers, w few_words);"
      "create table arrays (n numbers, w few_words, b lists, many numbers[])");
  using lists = std::tuple<std::vector<int>, std::vector<std::string>>;
  const lists value{{1, 2}, {"a", "b"}};
  co_await db.execute("insert into arrays values ($1, $2, $3)", std::get<0>(value), std::get<1>(value),
                      value);
  using row = std::tuple<std::vector<int>, std::vector<std::string>, lists>;
  const auto back = co_await db.fetch_row<row>("select n, w, b from arrays");
  EXPECT_EQ(back, (row{std::get<0>(value), std::get<1>(value), value}));
}

ASYNC_TEST_F(pg_server_values, the_search_path_does_not_lead_to_other_functions) {
  co_await db.execute(
      "create function to_jsonb(pg_catalog.pg_range) returns jsonb language plpgsql as "
      "$$ begin raise exception 'captured'; end $$;"
      "create function unnest(pg_catalog.oid[]) returns setof oid language plpgsql as "
      "$$ begin raise exception 'captured'; end $$;"
      "create type span as range (subtype = float8)");
  auto other = co_await connect(options());
  const multirange<double> value{{range<double>{1.0, 2.0}}};
  const auto back = co_await other.fetch_value<multirange<double>>("select $1::span_multirange", value);
  EXPECT_EQ(back, value);
}

ASYNC_TEST_F(pg_server_values, lower_bounds_come_back) {
  const array<int> value{{1, 2, 3}, 2};
  const auto text = co_await db.fetch_value<std::string>("select ($1::int4[])::text", value);
  EXPECT_EQ(text, "[2:4]={1,2,3}");
  const auto back = co_await db.fetch_value<array<int>>("select '[2:4]={1,2,3}'::int4[]");
  EXPECT_EQ(back, value);
}

ASYNC_TEST_F(pg_server_values, builtin_types_are_those_of_the_server) {
  using row = std::tuple<std::uint32_t, std::string, std::uint32_t, std::uint32_t>;
  const auto all = co_await db.fetch<row>(
      "select oid, typname::text, typarray, typelem from pg_type where oid < 10000 and typname !~ '^_' and "
      "typrelid = 0");
  std::size_t known = 0;
  for (const auto& [id, name, array_id, element] : all) {
    const auto* const type = find_builtin(id);
    if (!type) continue;
    ++known;
    EXPECT_EQ(type->name(), name);
    if (array_id != 0) {
      EXPECT_EQ(find_builtin_array(id), find_builtin(array_id)) << name;
      EXPECT_NE(find_builtin(array_id), nullptr) << name;
    }
  }
  EXPECT_GE(known, 75u);
}

}  // namespace bight::pg::server_values_test
