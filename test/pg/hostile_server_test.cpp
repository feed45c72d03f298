// Servers that are not what they should be, in virtual time: truncated, split, malformed.
#include <bight/pg/connection.hpp>

#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/listener.hpp>
#include <bight/pg/codec.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <bight/testing/steps.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_postgres.hpp"
#include "support/pg_failures.hpp"

namespace bight::pg::hostile_server_test {

using namespace std::chrono_literals;
using test::code_of;
using test::fake_postgres;
using testing::fake_connection;
namespace server = test::server;

options where() {
  options o;
  o.hosts = {{"192.0.2.1", 5432}};
  o.user = "u";
  o.password = "p";
  o.ssl_mode = ssl_mode::disable;
  o.command_timeout = 20s;
  return o;
}

// Runs `body` against `peer`; connections have the faults that `prepare` gives them.
awaitable<void> with_server(fake_postgres& peer, std::function<void(fake_connection&)> prepare,
                            std::function<awaitable<void>()> body) {
  testing::fake_network network;
  const auto inside = network.use();
  if (prepare) network.on_connection(std::move(prepare));
  net::listener l{*net::endpoint::parse("192.0.2.1:5432")};
  auto serving = spawn([&] { return peer.run(l); });
  std::exception_ptr error;
  try {
    co_await body();
  } catch (const std::exception&) { error = std::current_exception(); }
  serving.cancel();
  co_await serving.wait();
  static_cast<void>(serving.exception());  // accepting may have failed, too
  if (error) std::rethrow_exception(error);
}

awaitable<int> ask() {
  auto db = co_await connect(where());
  co_return co_await db.fetch_value<int>("select id from t where id = $1", 5);
}

ASYNC_TEST(pg_hostile, a_good_server_first) {
  fake_postgres peer;
  co_await with_server(peer, nullptr, []() -> awaitable<void> {
    const auto n = co_await ask();
    EXPECT_EQ(n, 7);
  });
}

ASYNC_TEST(pg_hostile, answers_in_single_bytes) {
  fake_postgres peer;
  const auto split = [](fake_connection& c) {
    c.client.reading.split_every(1);
    c.client.writing.split_every(1);
  };
  co_await with_server(peer, split, []() -> awaitable<void> {
    const auto n = co_await ask();
    EXPECT_EQ(n, 7);
  });
}

ASYNC_TEST(pg_hostile, answers_split_at_every_offset) {
  for (std::uint64_t at = 1; at != 140; ++at) {
    fake_postgres peer;
    const auto split = [at](fake_connection& c) { c.client.reading.split_at(at); };
    co_await with_server(peer, split, []() -> awaitable<void> {
      const auto n = co_await ask();
      EXPECT_EQ(n, 7);
    });
  }
}

ASYNC_TEST(pg_hostile, answers_that_end_at_every_offset) {
  for (std::uint64_t at = 0; at != 118; ++at) {
    for (const bool reset : {false, true}) {
      fake_postgres peer;
      const auto cut = [at, reset](fake_connection& c) {
        if (reset)
          c.client.reading.reset_at(at);
        else
          c.client.reading.end_at(at);
      };
      co_await with_server(peer, cut, [&]() -> awaitable<void> {
        const auto code = co_await code_of(ask());
        const bool lost = code == errc::connection_lost || code == boost::system::errc::connection_reset;
        EXPECT_TRUE(lost) << at << ' ' << code.message();
        EXPECT_EQ(code, transient);
      });
    }
  }
}

ASYNC_TEST(pg_hostile, a_server_that_stops_answering) {
  for (const std::uint64_t at : {0U, 5U, 40U, 60U, 100U}) {
    fake_postgres peer;
    const auto stall = [at](fake_connection& c) {
      if (c.number == 0) c.client.reading.stall_at(at);
    };
    co_await with_server(peer, stall, [&]() -> awaitable<void> {
      const auto began = clock::now();
      const auto code = co_await code_of(ask());
      EXPECT_EQ(code, make_error_code(bight::errc::timed_out)) << at;
      EXPECT_LE(clock::now() - began, 40s);
    });
  }
}

ASYNC_TEST(pg_hostile, malformed_answers) {
  const auto row = server::row({server::n32(7)});
  const auto end = server::complete("SELECT 1");
  const std::pair<char, std::string> rows[] = {
      {'E', std::string("D\0\0\0\3", 5)},
      {'E', std::string("D\0\0\0\0", 5)},
      {'E', "?" + row},
      {'E', std::string("\0\0\0\0\0", 5)},
      {'E', server::row({server::n32(7), server::n32(8)}) + end},
      {'E', server::row({}) + end},
      {'E', server::message('D', server::n16(1) + server::n32(0xfffffffe)) + end},
      {'E', server::message('D', server::n16(1) + server::n32(100) + "short") + end},
      {'E', server::message('D', server::n16(1) + server::n32(0) + "long") + end},
      {'E', server::message('D') + end},
      {'E', server::message('1') + end},
      {'E', server::ready()},
      {'B', row},
      {'B', server::message('2') + server::message('2')},
      {'D', server::message('t', "x") + server::columns({{"id", 23}})},
      {'D', server::message('t', server::n16(1) + server::n32(23)) + server::message('T', "x")},
      {'D', server::message('t', server::n16(1) + server::n32(23)) + server::message('T', server::n16(5))},
      {'D', server::columns({{"id", 23}})},
      {'S', server::message('Z', "?")},
      {'E', server::message('E', "SERROR") + end},
      {'E', server::message('N', "x") + row + end},
      {'E', server::message('S', "x") + row + end},
      {'E', server::message('A', "x") + row + end}};
  for (const auto& [type, bytes] : rows) {
    fake_postgres peer;
    peer.answers[type] = bytes;
    co_await with_server(peer, nullptr, [&]() -> awaitable<void> {
      auto db = co_await connect(where());
      const auto code = co_await code_of(db.fetch_value<int>("select id from t where id = $1", 5));
      EXPECT_EQ(code, errc::protocol_violation) << type << ::testing::PrintToString(bytes);
      EXPECT_FALSE(db.is_open());
    });
  }
}

ASYNC_TEST(pg_hostile, a_message_over_the_limit) {
  fake_postgres peer;
  peer.answers['E'] = "D" + server::n32(0x7fffffff);
  co_await with_server(peer, nullptr, [&]() -> awaitable<void> {
    const auto code = co_await code_of(ask());
    EXPECT_EQ(code, errc::message_too_large);
  });
}

ASYNC_TEST(pg_hostile, a_call_that_is_cancelled_is_cancelled_at_the_server) {
  fake_postgres peer;
  co_await with_server(peer, nullptr, [&]() -> awaitable<void> {
    auto db = co_await connect(where());
    const auto code =
        co_await code_of(wait_for(db.fetch_value<int>("select sleep from t where id = $1", 5), 1s));
    EXPECT_EQ(code, make_error_code(bight::errc::timed_out));
    const auto n = co_await db.fetch_value<int>("select id from t where id = $1", 5);
    EXPECT_EQ(n, 7);
    EXPECT_EQ(peer.cancels, 1U);
    EXPECT_EQ(peer.sessions, 1U);
  });
}

ASYNC_TEST(pg_hostile, a_late_cancel_request_does_not_hit_the_next_call) {
  fake_postgres peer;
  const auto slow = [](fake_connection& c) {
    if (c.number == 1) c.client.writing.delay_at(0, 3s);
  };
  co_await with_server(peer, slow, [&]() -> awaitable<void> {
    auto db = co_await connect(where());
    auto first = spawn([&] { return db.fetch_value<int>("select id from t where id = $1", 5); });
    co_await sleep(0s);
    auto cancelling = spawn([&] { return db.cancel(); });
    auto n = co_await first;
    EXPECT_EQ(n, 7);
    EXPECT_EQ(peer.cancels, 0U);
    const auto code =
        co_await code_of(wait_for(db.fetch_value<int>("select sleep from t where id = $1", 5), 10s));
    EXPECT_EQ(code, make_error_code(bight::errc::timed_out));
    n = co_await db.fetch_value<int>("select id from u where id = $1", 5);
    EXPECT_EQ(n, 7);
    EXPECT_EQ(peer.cancels, 2U);  // that one, and the one of the time-out
    co_await cancelling;
  });
}

ASYNC_TEST(pg_hostile, a_cancel_request_that_nobody_takes_closes_the_connection) {
  fake_postgres peer;
  const auto refuse = [](fake_connection& c) {
    if (c.number == 1) c.client.reading.stall_at(0);
  };
  co_await with_server(peer, refuse, [&]() -> awaitable<void> {
    auto db = co_await connect(where());
    static_cast<void>(
        co_await code_of(wait_for(db.fetch_value<int>("select sleep from t where id = $1", 5), 1s)));
    const auto began = clock::now();
    const auto code = co_await code_of(db.fetch_value<int>("select id from t where id = $1", 5));
    EXPECT_EQ(code, errc::connection_closed);
    EXPECT_EQ(clock::now() - began, 5s);  // cancel_timeout
  });
}

TEST(pg_hostile, every_step_of_the_network_may_fail) {
  fake_postgres peer;
  const auto steps = testing::fail_at_every_step(
      [&]() -> awaitable<void> {
        co_await with_server(peer, nullptr, []() -> awaitable<void> {
          const auto n = co_await ask();
          EXPECT_EQ(n, 7);
        });
      },
      []() -> awaitable<void> { co_return; });
  EXPECT_GT(steps, 5U);
}

}  // namespace bight::pg::hostile_server_test
