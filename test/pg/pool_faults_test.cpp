// The pool on a fake server in virtual time: cancelled at every await, and with a network that fails.
#include <bight/pg/pool.hpp>

#include <algorithm>
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/listener.hpp>
#include <bight/pg/codec.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <bight/testing/schedule.hpp>
#include <bight/testing/steps.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "support/fake_postgres.hpp"
#include "support/pg_failures.hpp"

namespace bight::pg::pool_faults_test {

using namespace std::chrono_literals;
using test::code_of;
using test::fake_postgres;
using testing::fake_connection;

options fake() {
  options o;
  o.hosts = {{"192.0.2.1", 5432}};
  o.user = "u";
  o.ssl_mode = ssl_mode::disable;
  return o;
}

// A server and a pool that are used by one run of a sweep. Each task has to enter the network.
class fake_world {
 public:
  fake_world() : listener_(*net::endpoint::parse("192.0.2.1:5432")), connections(fake(), how()) {
    serving_ = spawn([this] { return peer.run(listener_); });
  }
  fake_world(const fake_world&) = delete;
  fake_world& operator=(const fake_world&) = delete;
  awaitable<void> end() {
    serving_.cancel();
    co_await serving_.wait();
  }

 private:
  static pool_options how() {
    pool_options o{1};
    o.limits.acquire_timeout = 60s;
    return o;
  }
  net::listener listener_;

 public:
  fake_postgres peer;
  pool connections;

 private:
  task<void> serving_;
};

// Nothing is lost: all places come back, and the pool still works.
awaitable<void> works(const testing::fake_network& network, std::unique_ptr<fake_world>& world) {
  if (!world) co_return;
  const auto inside = network.use();
  const auto n = co_await world->connections.fetch_value<int>("select id from t where id = $1", 5);
  EXPECT_EQ(n, 7);
  const bool closed = co_await world->connections.close(60s);
  EXPECT_TRUE(closed);
  EXPECT_EQ(world->connections.stats().in_use, 0U);
  co_await world->end();
  world.reset();
}

ASYNC_TEST(pg_pool_fake, connections_that_were_lost_while_idle_are_replaced) {
  testing::fake_network network;
  const auto inside = network.use();
  fake_world world;
  static_cast<void>(co_await world.connections.fetch_value<int>("select id from t where id = $1", 5));
  co_await sleep(1s);
  network.reset_connections();
  const auto n = co_await world.connections.fetch_value<int>("select id from t where id = $1", 5);
  EXPECT_EQ(n, 7);
  EXPECT_EQ(world.connections.stats().made, 2U);
  co_await sleep(1min);  // longer than check_after: it is asked
  static_cast<void>(co_await world.connections.fetch_value<int>("select id from t where id = $1", 5));
  EXPECT_EQ(world.connections.stats().made, 2U);
  EXPECT_EQ(world.peer.pings, 1U);
  co_await world.end();
}

template <class F>
std::size_t cancelled_everywhere(F use) {
  std::optional<testing::fake_network> network;
  std::unique_ptr<fake_world> world;
  return testing::cancel_at_every_await(
      [&]() -> awaitable<void> {
        network.emplace();
        const auto inside = network->use();
        world = std::make_unique<fake_world>();
        co_await use(world->connections);
      },
      [&] { return works(*network, world); });
}

TEST(pg_pool_cancel, a_query) {
  EXPECT_GT(cancelled_everywhere([](pool& p) -> awaitable<void> {
              static_cast<void>(co_await p.fetch_value<int>("select id from t where id = $1", 1));
              static_cast<void>(co_await p.fetch("select id from t where id = $1", 2));
            }),
            10U);
}

TEST(pg_pool_cancel, a_transaction) {
  EXPECT_GT(cancelled_everywhere([](pool& p) -> awaitable<void> {
              co_await p.transaction([](pg::connection& tx) -> awaitable<void> {
                static_cast<void>(co_await tx.fetch("select id from t where id = $1", 2));
              });
            }),
            10U);
}

TEST(pg_pool_cancel, a_stream_and_a_pipeline) {
  EXPECT_GT(cancelled_everywhere([](pool& p) -> awaitable<void> {
              auto c = co_await p.acquire();
              auto rows = c->stream("select id from t where id = $1", 2);
              static_cast<void>(co_await rows.next());
              co_await rows.close();
              auto together = c->pipeline();
              auto a = together.fetch_value<int>("select id from t where id = $1", 2);
              auto b = together.execute("select id from t where id = $1", 2);
              co_await together.run();
            }),
            10U);
}

TEST(pg_pool_cancel, a_statement_that_the_server_cancels) {
  EXPECT_GT(cancelled_everywhere([](pool& p) -> awaitable<void> {
              static_cast<void>(
                  co_await code_of(wait_for(p.fetch_value<int>("select sleep from t where id = $1", 1), 1s)));
              static_cast<void>(co_await p.fetch_value<int>("select id from t where id = $1", 1));
            }),
            10U);
}

TEST(pg_pool_cancel, waiting_for_each_other) {
  EXPECT_GT(cancelled_everywhere([](pool& p) -> awaitable<void> {
              auto one = [&p]() -> awaitable<void> {
                static_cast<void>(co_await p.fetch_value<int>("select id from t where id = $1", 1));
              };
              co_await gather(one(), one(), one());
            }),
            2U);
}

TEST(pg_pool_cancel, the_end_of_the_loop_leaks_nothing) {
  const auto body = []() -> awaitable<void> {
    testing::fake_network network;
    const auto inside = network.use();
    fake_world world;
    auto& p = world.connections;
    co_await p.transaction([](pg::connection& tx) -> awaitable<void> {
      static_cast<void>(co_await tx.fetch("select id from t where id = $1", 2));
    });
    auto c = co_await p.acquire();
    auto rows = c->stream("select id from t where id = $1", 2);
    static_cast<void>(co_await rows.next());
    co_await rows.close();
    co_await world.end();
  };
  EXPECT_GT(testing::shut_down_at_every_await(body, [] {}), 10U);
}

// ---- the network fails

awaitable<int> ask(pool& p) { return p.fetch_value<int>("select id from t where id = $1", 1); }

// A pool on a network whose first connection has faults. Whatever they do to its first calls, the pool works
// afterwards, and has lost no place.
class faulty_world {
 public:
  explicit faulty_world(std::function<void(fake_connection&)> prepare) {
    network.on_connection([f = std::move(prepare)](fake_connection& c) {
      if (c.number == 0) f(c);
    });
  }

  /// The codes that three calls failed with.
  awaitable<std::vector<boost::system::error_code>> run() {
    const auto inside = network.use();
    auto world = std::make_unique<fake_world>();
    std::vector<boost::system::error_code> codes;
    for (int i = 0; i != 3; ++i) codes.push_back(co_await code_of(wait_for(ask(world->connections), 30s)));
    co_await works(network, world);
    co_return codes;
  }

  testing::fake_network network;
};

std::ptrdiff_t failures(const std::vector<boost::system::error_code>& codes) {
  return std::ranges::count_if(codes, [](const auto& c) { return c.failed(); });
}

constexpr std::uint64_t sent = 210;      // by the client, at most in these calls
constexpr std::uint64_t received = 150;  // by the client, in the same ones

ASYNC_TEST(pg_pool_network, data_split_at_every_offset_changes_nothing) {
  for (const bool reading : {true, false}) {
    for (std::uint64_t at = 1; at != (reading ? received : sent); ++at) {
      faulty_world world{
          [&](fake_connection& c) { (reading ? c.client.reading : c.client.writing).split_at(at); }};
      const auto codes = co_await world.run();
      EXPECT_EQ(failures(codes), 0) << at;
      EXPECT_EQ(world.network.connects(), 1U) << at;
    }
  }
}

ASYNC_TEST(pg_pool_network, a_delay_at_any_offset_is_waited_for_or_cancelled) {
  for (const auto delay : {5s, 40s, 300s}) {
    for (std::uint64_t at = 1; at < received; at += 7) {
      faulty_world world{[&](fake_connection& c) { c.client.reading.delay_at(at, delay); }};
      const auto began = clock::now();
      const auto codes = co_await world.run();
      if (delay == 5s) {
        EXPECT_EQ(failures(codes), 0) << at;
        EXPECT_EQ(world.network.connects(), 1U) << at;
      }
      // The limit of the call, that of a cancel request, and that of connecting.
      EXPECT_LE(clock::now() - began, 60s) << at;
    }
  }
}

ASYNC_TEST(pg_pool_network, a_connection_that_breaks_at_any_offset_is_replaced) {
  enum class ending : std::uint8_t { reset, end, stall };
  for (const auto how : {ending::reset, ending::end, ending::stall}) {
    for (const bool reading : {true, false}) {
      for (std::uint64_t at = 0; at < (reading ? received : sent); at += 3) {
        faulty_world world{[&](fake_connection& c) {
          auto& way = reading ? c.client.reading : c.client.writing;
          if (how == ending::reset)
            way.reset_at(at);
          else if (how == ending::end)
            way.end_at(at);
          else
            way.stall_at(at);
        }};
        const auto codes = co_await world.run();
        EXPECT_LE(failures(codes), 1) << at;  // the one that the fault struck
        for (const auto& code : codes) {
          const bool known = !code.failed() || code == transient;
          EXPECT_TRUE(known) << at << code.message();
        }
      }
    }
  }
}

ASYNC_TEST(pg_pool_network, a_half_closed_connection_is_not_used_again) {
  // The server's end is announced while the connection is idle, right after the first answer.
  std::uint64_t first_answer = 0;
  for (std::uint64_t at = 80; at != received; ++at) {
    faulty_world world{[&](fake_connection& c) { c.client.reading.end_at(at); }};
    const auto codes = co_await world.run();
    if (!codes[0].failed() && first_answer == 0) first_answer = at;
    if (first_answer == at) { EXPECT_EQ(codes[1], errc::connection_lost); }
  }
  EXPECT_GT(first_answer, 80U);
}

ASYNC_TEST(pg_pool_network, a_black_hole_costs_connect_timeout_and_no_place) {
  testing::fake_network network;
  const auto inside = network.use();
  auto world = std::make_unique<fake_world>();
  network.black_hole("192.0.2.1");
  const auto began = clock::now();
  auto code = co_await code_of(ask(world->connections));
  EXPECT_EQ(code, make_error_code(bight::errc::timed_out));
  EXPECT_EQ(clock::now() - began, 10s);  // connect_timeout
  auto waiting = spawn([&] { return code_of(ask(world->connections)); });
  co_await sleep(1s);
  waiting.cancel();
  co_await waiting.wait();
  EXPECT_EQ(world->connections.stats().in_use + world->connections.stats().making, 0U);
  network.reachable("192.0.2.1");
  co_await works(network, world);
}

ASYNC_TEST(pg_pool_network, a_black_hole_for_the_cancel_request_closes_the_connection) {
  testing::fake_network network;
  const auto inside = network.use();
  auto world = std::make_unique<fake_world>();
  const int n = co_await ask(world->connections);
  EXPECT_EQ(n, 7);
  network.black_hole("192.0.2.1");
  const auto code = co_await code_of(
      wait_for(world->connections.fetch_value<int>("select sleep from t where id = $1", 1), 1s));
  EXPECT_EQ(code, make_error_code(bight::errc::timed_out));
  EXPECT_EQ(world->connections.stats().in_use, 1U);
  co_await sleep(6s);  // cancel_timeout has passed
  EXPECT_EQ(world->connections.stats().in_use, 0U);
  network.reachable("192.0.2.1");
  co_await works(network, world);
}

TEST(pg_pool_network, every_step_may_fail) {
  std::optional<testing::fake_network> network;
  std::unique_ptr<fake_world> world;
  const auto steps = testing::fail_at_every_step(
      [&]() -> awaitable<void> {
        network.emplace();
        const auto inside = network->use();
        world = std::make_unique<fake_world>();
        co_await world->connections.transaction([](pg::connection& tx) -> awaitable<void> {
          static_cast<void>(co_await tx.fetch("select id from t where id = $1", 2));
        });
      },
      [&]() -> awaitable<void> {
        // The step that failed may have been the server's accept, which ends it.
        const auto inside = network->use();
        const auto code = co_await code_of(wait_for(ask(world->connections), 1min));
        const bool closed = co_await world->connections.close(1min);
        EXPECT_TRUE(closed) << code.message();
        EXPECT_EQ(world->connections.stats().in_use, 0U);
        EXPECT_EQ(world->connections.stats().making, 0U);
        co_await world->end();
        world.reset();
      });
  EXPECT_GE(steps, 10U);
}

}  // namespace bight::pg::pool_faults_test
