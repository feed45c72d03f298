// websocket_pair: what is sent arrives, faults happen where they are scripted, every step may fail.
#include <bight/testing_http/websocket_pair.hpp>

#include <bight/core/clock.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/http/websocket_error.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/steps.hpp>
#include <chrono>
#include <functional>
#include <string>

namespace bight::testing::websocket_pair_test {

using namespace std::chrono_literals;

awaitable<void> echo(http::websocket& ws) {
  auto message = co_await ws.receive();
  while (message) {
    co_await ws.send(*message);
    message = co_await ws.receive();
  }
}

// The code with which receiving ends; 1000 for a clean end.
awaitable<std::uint16_t> end_of(http::websocket& ws) {
  try {
    auto message = co_await ws.receive();
    while (message) message = co_await ws.receive();
  } catch (const http::websocket_closed& e) { co_return e.close_code(); }
  co_return 1000;
}

ASYNC_TEST(websocket_pair, sends_in_both_directions_and_closes) {
  websocket_pair pair;
  EXPECT_TRUE(pair.client.is_open());
  EXPECT_FALSE(pair.client.compresses());
  auto session = spawn(echo, std::ref(pair.server));
  co_await pair.client.send("hello");
  const auto answer = co_await pair.client.receive();
  EXPECT_EQ(answer.value().data, "hello");
  const auto took = co_await pair.client.ping();
  EXPECT_EQ(took, 0ns);  // time is virtual
  co_await pair.client.close(1000, "bye");
  co_await session;
  EXPECT_EQ(pair.server.close_code(), 1000);
  EXPECT_EQ(pair.server.close_reason(), "bye");
  EXPECT_EQ(pair.client.close_code(), 1000);
}

ASYNC_TEST(websocket_pair, each_side_has_options_of_its_own) {
  websocket_pair_options options;
  options.server.max_message = 10;
  options.client.max_message = 1000;
  websocket_pair pair{options};
  co_await pair.server.send(std::string(11, 's'));
  const auto long_one = co_await pair.client.receive();
  EXPECT_EQ(long_one.value().data.size(), 11U);
  co_await pair.client.send(std::string(11, 'c'));
  auto server_end = spawn(end_of, std::ref(pair.server));
  const auto code = co_await end_of(pair.client);
  EXPECT_EQ(code, 1009);
  co_await server_end;
}

ASYNC_TEST(websocket_pair, a_send_waits_while_the_connection_is_full) {
  websocket_pair_options options;
  options.capacity = 1000;
  options.server.max_queue = 1;
  websocket_pair pair{options};
  auto sending = spawn([&]() -> awaitable<void> {
    for (int i = 0; i != 3; ++i) co_await pair.client.send(std::string(2000, 'x'));
  });
  co_await sleep(1s);
  EXPECT_FALSE(sending.done());
  for (int i = 0; i != 3; ++i) {
    const auto message = co_await pair.server.receive();
    EXPECT_EQ(message.value().data.size(), 2000U);
  }
  co_await sending;
}

ASYNC_TEST(websocket_pair, a_delay_takes_virtual_time) {
  websocket_pair_options options;
  options.client_faults.writing.delay_at(0, 5s);
  websocket_pair pair{options};
  const auto begin = clock::now();
  co_await pair.client.send("hello");
  const auto message = co_await pair.server.receive();
  EXPECT_EQ(message.value().data, "hello");
  EXPECT_EQ(clock::now() - begin, 5s);
}

ASYNC_TEST(websocket_pair, a_peer_that_falls_silent_is_noticed_by_the_keep_alive) {
  websocket_pair_options options;
  options.client_faults.writing.stall_at(0);
  websocket_pair pair{options};
  const auto begin = clock::now();
  const auto code = co_await end_of(pair.server);
  EXPECT_EQ(code, 1006);
  EXPECT_EQ(clock::now() - begin, options.server.ping_interval + options.server.pong_timeout);
}

ASYNC_TEST(websocket_pair, a_reset_in_a_message_is_a_lost_connection_on_both_sides) {
  websocket_pair_options options;
  options.server_faults.reading.reset_at(8);  // within the second message
  websocket_pair pair{options};
  co_await pair.client.send("1");
  const auto first = co_await pair.server.receive();
  EXPECT_EQ(first.value().data, "1");
  co_await pair.client.send("2");
  const auto server_code = co_await end_of(pair.server);
  EXPECT_EQ(server_code, 1006);
  const auto client_code = co_await end_of(pair.client);
  EXPECT_EQ(client_code, 1006);
}

ASYNC_TEST(websocket_pair, bytes_that_arrive_one_by_one_are_the_same_message) {
  websocket_pair_options options;
  options.server_faults.reading.split_every(1);
  options.client_faults.reading.split_every(1);
  websocket_pair pair{options};
  auto session = spawn(echo, std::ref(pair.server));
  const std::string text(300, 'x');
  co_await pair.client.send(text);
  const auto answer = co_await pair.client.receive();
  EXPECT_EQ(answer.value().data, text);
  co_await pair.client.close();
  co_await session;
}

// A program that has one answer, or an error: never half of it.
TEST(websocket_pair_steps, each_read_and_write_may_fail) {
  int complete = 0;
  int failed = 0;
  const auto steps = fail_at_every_step(
      [&]() -> awaitable<void> {
        websocket_pair pair;
        auto session = spawn([&]() -> awaitable<void> {
          try {
            co_await echo(pair.server);
          } catch (const http::websocket_closed&) {}
        });
        try {
          co_await pair.client.send("hello");
          const auto answer = co_await pair.client.receive();
          if (answer && answer->data == "hello") ++complete;
          co_await pair.client.close();
        } catch (const http::websocket_closed&) { ++failed; }
        co_await session;
      },
      []() -> awaitable<void> { co_return; });
  EXPECT_GT(steps, 4U);
  EXPECT_GT(complete, 0);
  EXPECT_GT(failed, 0);
}

}  // namespace bight::testing::websocket_pair_test
