// bench_pg CASE N: PostgreSQL, connecting as the PG environment says (PGHOST, PGPORT, PGUSER, ...). Cases by
// key need the table acct(id int primary key, name text, bal float8, at timestamptz) with the keys 1 to
// 100,000.
#include <bight/core.hpp>
#include <bight/pg.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "bench/report.hpp"

namespace {

using bight::awaitable;
namespace pg = bight::pg;

using account = std::tuple<int, std::string_view, double, std::chrono::sys_time<std::chrono::microseconds>>;
using one_column = std::tuple<int>;

constexpr const char* by_key = "select id, name, bal, at from acct where id = $1";
constexpr long depth = 64;

int key(long i) { return static_cast<int>(1 + i * 7919 % 100'000); }

pg::options where() { return pg::options{""}; }

void require(bool holds) {
  if (!holds) std::abort();
}

awaitable<void> select1(long n) {
  auto db = co_await pg::connect(where());
  static_cast<void>(co_await db.fetch_value<int>("select 1"));
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) {
    const auto one = co_await db.fetch_value<int>("select 1");
    require(one == 1);
  }
  watch.report("select1", n);
}

awaitable<void> select1_8(long n) {
  pg::pool all{where(), pg::pool_options{8}};
  long left = n;
  auto work = [&]() -> awaitable<void> {
    auto c = co_await all.acquire();
    while (left-- > 0) {
      const auto one = co_await c->fetch_value<int>("select 1");
      require(one == 1);
    }
  };
  const bench::stopwatch watch;
  co_await bight::gather(work(), work(), work(), work(), work(), work(), work(), work());
  watch.report("select1_8", n);
}

awaitable<void> pipelined(long n, pg::pipeline_mode mode, const char* name) {
  auto db = co_await pg::connect(where());
  static_cast<void>(co_await db.fetch_value<int>("select 1"));
  std::vector<pg::pending<int>> values;
  const bench::stopwatch watch;
  for (long i = 0; i < n; i += depth) {
    auto p = db.pipeline(mode);
    values.clear();
    for (long j = 0; j != depth; ++j) values.push_back(p.fetch_value<int>("select 1"));
    co_await p.run();
    for (auto& v : values) require(v.get() == 1);
  }
  watch.report(name, n);
}
awaitable<void> select1_pipelined(long n) {
  return pipelined(n, pg::pipeline_mode::atomic, "select1_pipelined");
}
awaitable<void> select1_pipelined_isolated(long n) {
  return pipelined(n, pg::pipeline_mode::isolated, "select1_pipelined_isolated");
}

awaitable<void> row_by_key(long n) {
  auto db = co_await pg::connect(where());
  static_cast<void>(co_await db.fetch_row(by_key, 1));
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) {
    const auto row = co_await db.fetch_row(by_key, key(i));
    require(std::get<0>(row->as<account>()) == key(i));
  }
  watch.report("row_by_key", n);
}

awaitable<void> row_by_key_pipelined(long n) {
  auto db = co_await pg::connect(where());
  static_cast<void>(co_await db.fetch_row(by_key, 1));
  std::vector<pg::pending<pg::result>> rows;
  const bench::stopwatch watch;
  for (long i = 0; i < n; i += depth) {
    auto p = db.pipeline(pg::pipeline_mode::atomic);
    rows.clear();
    for (long j = 0; j != depth; ++j) rows.push_back(p.fetch(by_key, key(i + j)));
    co_await p.run();
    for (long j = 0; j != depth; ++j)
      require(rows[static_cast<std::size_t>(j)].get()[0].get<int>(0) == key(i + j));
  }
  watch.report("row_by_key_pipelined", n);
}

template <class Row>
awaitable<void> rows_through_views(pg::connection& db, const char* sql, long n, const char* name) {
  long rows = 0;
  long sum = 0;
  static_cast<void>(co_await db.fetch(sql));
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) {
    const auto all = co_await db.fetch(sql);
    for (const auto& row : all) sum += row.template get<int>(0);
    rows += static_cast<long>(all.size());
  }
  require(sum != 0);
  watch.report(name, n, ",\"rows\":" + std::to_string(rows));
}
awaitable<void> rows_10000(long n) {
  auto db = co_await pg::connect(where());
  co_await rows_through_views<account>(db, "select id, name, bal, at from acct limit 10000", n, "rows_10000");
}
awaitable<void> rows_1col(long n) {
  auto db = co_await pg::connect(where());
  co_await rows_through_views<one_column>(db, "select generate_series(1, 1000)", n, "rows_1col_views");
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) {
    const auto all = co_await db.fetch<int>("select generate_series(1, 1000)");
    require(all.size() == 1000);
  }
  watch.report("rows_1col_typed", n, ",\"rows\":" + std::to_string(n * 1000));
}
awaitable<void> rows_12col(long n) {
  constexpr const char* sql =
      "select oid::int, typname::text, typnamespace, typowner, typlen, typbyval, typisdefined, typrelid, "
      "typelem, "
      "typarray, typnotnull, typtypmod from pg_type";
  using type = std::tuple<int, std::string, pg::oid, pg::oid, std::int16_t, bool, bool, pg::oid, pg::oid,
                          pg::oid, bool, int>;
  auto db = co_await pg::connect(where());
  co_await rows_through_views<type>(db, sql, n, "rows_12col_views");
  long rows = 0;
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) {
    const auto all = co_await db.fetch<type>(sql);
    rows += static_cast<long>(all.size());
  }
  watch.report("rows_12col_typed", n, ",\"rows\":" + std::to_string(rows));
}

// N records.
awaitable<void> copy_in(long n) {
  auto db = co_await pg::connect(where());
  co_await db.execute("create temporary table copied (a int, b text, c float8)");
  std::vector<std::tuple<int, std::string, double>> rows;
  for (long i = 0; i != n; ++i) rows.emplace_back(static_cast<int>(i), "name-" + std::to_string(i), 1.5);
  const bench::stopwatch watch;
  const auto done = co_await db.copy_records(pg::into("copied", "a", "b", "c"), rows);
  require(done.rows == static_cast<std::uint64_t>(n));
  watch.report("copy_in", n);
}

awaitable<void> copy_out(long n) {
  auto db = co_await pg::connect(where());
  const bench::stopwatch watch;
  long count = 0;
  auto rows = co_await db.copy_rows("select i, 'name-' || i, 1.5::float8 from generate_series(1, " +
                                    std::to_string(n) + ") i");
  const auto* row = co_await rows.next();
  while (row) {
    const auto r = row->as<std::tuple<int, std::string_view, double>>();
    count += std::get<0>(r) > 0;
    row = co_await rows.next();
  }
  require(count == n);
  watch.report("copy_out", n);
}

awaitable<void> acquire(long n) {
  pg::pool all{where(), pg::pool_options{8}};
  static_cast<void>(co_await all.fetch_value<int>("select 1"));
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) {
    const auto c = co_await all.acquire();
    require(static_cast<bool>(c));
  }
  watch.report("acquire", n);
}

struct benchmark_case {
  std::string_view name;
  awaitable<void> (*run)(long);
  long n;
};
constexpr benchmark_case cases[] = {{"select1", select1, 20'000},
                                    {"select1_8", select1_8, 50'000},
                                    {"select1_pipelined", select1_pipelined, 200'000},
                                    {"select1_pipelined_isolated", select1_pipelined_isolated, 100'000},
                                    {"row_by_key", row_by_key, 20'000},
                                    {"row_by_key_pipelined", row_by_key_pipelined, 100'000},
                                    {"rows_10000", rows_10000, 100},
                                    {"rows_1col", rows_1col, 2'000},
                                    {"rows_12col", rows_12col, 1'000},
                                    {"copy_in", copy_in, 500'000},
                                    {"copy_out", copy_out, 500'000},
                                    {"acquire", acquire, 2'000'000}};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  const long n = argc > 2 ? std::atol(argv[2]) : 0;
  for (const auto& c : cases) {
    if (wanted != c.name) continue;
    bight::run(c.run, n > 0 ? n : c.n);
    return 0;
  }
  std::fputs("usage: bench_pg CASE [N], CASE one of:", stderr);
  for (const auto& c : cases) std::fprintf(stderr, " %s", std::string{c.name}.c_str());
  std::fputc('\n', stderr);
  return 2;
}
