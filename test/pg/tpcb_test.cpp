// TPC-B by many coroutines that are cancelled, time out, and lose their servers: whatever happens, a
// transaction is done completely or not at all, and what was confirmed is kept. BIGHT_TPCB=N runs N
// transactions in each coroutine instead of 40; BIGHT_SEED=N repeats a run.
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/pg/codec.hpp>
#include <bight/pg/connection.hpp>
#include <bight/pg/pool.hpp>
#include <bight/testing_pg/pg_test.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bight::pg::tpcb_test {

using namespace std::chrono_literals;
using boost::system::system_error;

constexpr int coroutines = 32;
constexpr int branches = 4;
constexpr int tellers = 40;
constexpr int accounts = 400;

enum class fault : std::uint8_t { none, cancel, time_out, kill, user_error };
enum class style : std::uint8_t { body, explicit_end, atomic_pipeline };
enum class ending : std::uint8_t { committed, undone, unknown };

class user_error : public std::runtime_error {
 public:
  user_error() : runtime_error("the user's own") {}
};

long number_from(const char* variable, long otherwise) {
  const char* const given = std::getenv(variable);
  return given ? std::atol(given) : otherwise;
}

// One transaction: what it does, what befalls it, and how it ended.
class transfer {
 public:
  int id = 0;
  int account = 0;
  int teller = 0;
  int branch = 0;
  int delta = 0;
  style how = style::body;
  fault befalls = fault::none;
  unsigned step = 0;  // before which statement
  std::chrono::microseconds time{};
  bool commit_sent = false;
  ending end = ending::undone;
};

constexpr const char* update_account = "update accounts set balance = balance + $1 where id = $2";
constexpr const char* read_account = "select balance from accounts where id = $1";
constexpr const char* update_teller = "update tellers set balance = balance + $1 where id = $2";
constexpr const char* update_branch = "update branches set balance = balance + $1 where id = $2";
constexpr const char* insert_history =
    "insert into history (id, account, teller, branch, delta) values ($1, $2, $3, $4, $5)";

class bank {
 public:
  bank(const options& where, std::uint32_t seed, long each)
      : connections_(where, sizes()), killer_(where, pool_options{2}), random_(seed), each_(each) {}

  awaitable<void> run() {
    std::vector<awaitable<void>> all;
    for (int i = 0; i != coroutines; ++i) all.push_back(work());
    co_await gather(std::move(all));
  }

  pool& connections() noexcept { return connections_; }
  const std::vector<transfer>& transfers() const noexcept { return done_; }
  const std::map<std::string, int>& seen() const noexcept { return seen_; }

  awaitable<void> close() {
    const auto all_back = co_await connections_.close(20s);
    EXPECT_TRUE(all_back);
    static_cast<void>(co_await killer_.close(20s));
  }

 private:
  static pool_options sizes() {
    pool_options o{12};
    o.limits.acquire_timeout = 60s;
    return o;
  }

  int random(int least, int most) { return std::uniform_int_distribution<int>{least, most}(random_); }

  transfer make() {
    transfer t;
    t.id = ++last_id_;
    t.account = random(1, accounts);
    t.teller = random(1, tellers);
    t.branch = random(1, branches);
    t.delta = random(-5000, 5000);
    t.how = static_cast<style>(random(0, 2));
    const int dice = random(0, 99);
    t.befalls = dice < 45   ? fault::none
                : dice < 65 ? fault::cancel
                : dice < 85 ? fault::time_out
                : dice < 93 ? fault::kill
                            : fault::user_error;
    t.step = static_cast<unsigned>(random(0, 4));
    t.time = std::chrono::microseconds{random(0, 12'000)};
    return t;
  }

  awaitable<void> work() {
    for (long i = 0; i != each_; ++i) {
      transfer t = make();
      co_await attempt(t);
      done_.push_back(t);
    }
  }

  // Only the time-out, a kill and the user's own error may be seen: a cancel request that strikes another
  // transaction than its own would be a query_canceled.
  awaitable<void> attempt(transfer& t) {
    std::string why = "committed";
    try {
      if (t.befalls == fault::cancel)
        why = co_await cancelled_after(t);
      else if (t.befalls == fault::time_out)
        co_await wait_for(transact(t), t.time);
      else
        co_await transact(t);
    } catch (const timeout_error&) {
      EXPECT_EQ(t.befalls, fault::time_out);
      why = "time-out";
    } catch (const user_error&) {
      EXPECT_EQ(t.befalls, fault::user_error);
      why = "user's error";
    } catch (const system_error& e) {
      const bool lost = e.code() == sqlstate::admin_shutdown || e.code() == errc::connection_lost ||
                        e.code() == errc::connection_closed;
      EXPECT_TRUE(lost) << static_cast<int>(t.befalls) << static_cast<int>(t.how) << ' ' << e.what();
      why = e.code().message();
    }
    ++seen_[why];
  }

  awaitable<std::string> cancelled_after(transfer& t) {
    auto running = spawn([this, &t] { return transact(t); });
    co_await sleep(t.time);
    running.cancel();
    co_await running.wait();
    if (running.cancelled()) co_return std::string{"cancelled"};
    co_await std::move(running);
    co_return std::string{"committed"};
  }

  awaitable<void> transact(transfer& t) {
    try {
      switch (t.how) {
        case style::body:
          co_await in_a_body(t);
          break;
        case style::explicit_end:
          co_await ended_explicitly(t);
          break;
        case style::atomic_pipeline:
          co_await in_one_pipeline(t);
          break;
      }
      t.end = ending::committed;
    } catch (...) {
      t.end = t.commit_sent ? ending::unknown : ending::undone;
      throw;
    }
  }

  awaitable<void> in_a_body(transfer& t) {
    co_await connections_.transaction([&](pg::connection& tx) -> awaitable<void> {
      co_await statements(tx, t);
      t.commit_sent = true;
    });
  }

  awaitable<void> ended_explicitly(transfer& t) {
    auto c = co_await connections_.acquire();
    auto tx = co_await c->begin();
    co_await statements(*c, t);
    t.commit_sent = true;
    co_await tx.commit();
  }

  awaitable<void> statements(pg::connection& c, const transfer& t) {
    strike(c, t, 0);
    co_await c.execute(update_account, t.delta, t.account);
    strike(c, t, 1);
    static_cast<void>(co_await c.fetch_value<std::int64_t>(read_account, t.account));
    strike(c, t, 2);
    co_await c.execute(update_teller, t.delta, t.teller);
    strike(c, t, 3);
    co_await c.execute(update_branch, t.delta, t.branch);
    strike(c, t, 4);
    co_await c.execute(insert_history, t.id, t.account, t.teller, t.branch, t.delta);
  }

  awaitable<void> in_one_pipeline(transfer& t) {
    auto c = co_await connections_.acquire();
    auto p = c->pipeline(pipeline_mode::atomic);
    p.execute(update_account, t.delta, t.account);
    p.fetch_value<std::int64_t>(read_account, t.account);
    p.execute(update_teller, t.delta, t.teller);
    p.execute(update_branch, t.delta, t.branch);
    p.execute(insert_history, t.id, t.account, t.teller, t.branch, t.delta);
    strike(*c, t, t.step);
    t.commit_sent = true;
    co_await p.run();
  }

  // What befalls the transaction before that statement. A kill goes its own way, and may strike later.
  void strike(const pg::connection& c, const transfer& t, unsigned step) {
    if (t.step != step) return;
    if (t.befalls == fault::user_error) throw user_error{};
    if (t.befalls == fault::kill) spawn([this, pid = c.server_pid()] { return kill(pid); }).detach();
  }
  awaitable<void> kill(std::uint32_t pid) {
    co_await killer_.execute("select pg_terminate_backend($1)", static_cast<int>(pid));
  }

  pool connections_;
  pool killer_;
  std::mt19937 random_;
  long each_;
  int last_id_ = 0;
  std::vector<transfer> done_;
  std::map<std::string, int> seen_;
};

class pg_tpcb : public testing::pg_test {
 protected:
  awaitable<void> create_tables() {
    co_await db.execute(
        "create table accounts (id int primary key, balance bigint not null);"
        "create table tellers (like accounts including all);"
        "create table branches (like accounts including all);"
        "create table history (id int primary key, account int, teller int, branch int, delta bigint)");
    co_await db.execute("insert into accounts select i, 0 from generate_series(1, $1) i", accounts);
    co_await db.execute("insert into tellers select i, 0 from generate_series(1, $1) i", tellers);
    co_await db.execute("insert into branches select i, 0 from generate_series(1, $1) i", branches);
  }
  // Waits for transactions of servers whose clients have gone: they hold locks until they have ended.
  awaitable<std::int64_t> sum(const char* table, const char* column) {
    co_await db.execute(std::string{"lock table "} + table + " in exclusive mode");
    const std::string sql = std::string{"select coalesce(sum("} + column + "), 0)::bigint from " + table;
    co_return co_await db.fetch_value<std::int64_t>(sql);
  }
};

ASYNC_TEST_F(pg_tpcb, the_four_sums_agree) {
  co_await create_tables();
  const auto seed = static_cast<std::uint32_t>(
      number_from("BIGHT_SEED", static_cast<long>(std::random_device{}() & 0x7fffffffU)));
  const long each = number_from("BIGHT_TPCB", 40);
  SCOPED_TRACE("BIGHT_SEED=" + std::to_string(seed));
  bank work{options(), seed, each};
  co_await wait_for(work.run(), 60s + each * 500ms);
  co_await work.close();
  EXPECT_EQ(work.connections().stats().in_use, 0U);

  co_await db.transaction([&](pg::connection&) -> awaitable<void> {
    const auto of_history = co_await sum("history", "delta");
    const auto of_accounts = co_await sum("accounts", "balance");
    const auto of_tellers = co_await sum("tellers", "balance");
    const auto of_branches = co_await sum("branches", "balance");
    EXPECT_EQ(of_accounts, of_history);
    EXPECT_EQ(of_tellers, of_history);
    EXPECT_EQ(of_branches, of_history);
  });

  const auto ids = co_await db.fetch<int>("select id from history");
  const std::set<int> kept(ids.begin(), ids.end());
  std::size_t committed = 0;
  for (const auto& t : work.transfers()) {
    const bool there = kept.contains(t.id);
    committed += t.end == ending::committed;
    if (t.end == ending::committed) { EXPECT_TRUE(there) << t.id << " was confirmed, and is lost"; }
    if (t.end == ending::undone) { EXPECT_FALSE(there) << t.id << " was not committed, and is there"; }
  }
  EXPECT_EQ(work.transfers().size(), static_cast<std::size_t>(coroutines * each));
  EXPECT_GT(committed, work.transfers().size() / 4);
  std::string report;
  for (const auto& [how, count] : work.seen()) report += how + ": " + std::to_string(count) + "; ";
  RecordProperty("endings", report);
}

}  // namespace bight::pg::tpcb_test
