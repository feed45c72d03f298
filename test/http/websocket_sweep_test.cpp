// A websocket under 50 schedules, cancelled at every await, and with a failure at every read and write.
#include <bight/http/websocket.hpp>

#include <bight/core/error.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/faults.hpp>
#include <bight/testing/schedule.hpp>
#include <bight/testing/steps.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace bight::http::websocket_sweep_test {

using namespace std::chrono_literals;

struct ends {
  ends() {
    auto [a, b] = net::memory_pipe({.capacity = 200});
    testing::faults script;
    script.reading.split_every(7);
    client = make_websocket(testing::with_faults(std::move(a), script), websocket_side::client);
    server = make_websocket(testing::with_faults(std::move(b)), websocket_side::server);
  }
  websocket client;
  websocket server;
};

awaitable<void> echo_each(websocket& socket) {
  auto message = co_await socket.receive();
  while (message) {
    co_await socket.send(*message);
    message = co_await socket.receive();
  }
}

constexpr int count = 6;

std::string text_of(int n) { return std::to_string(n) + std::string(static_cast<std::size_t>(n) * 40, '.'); }

// Sends, receives, pings and closes, all at the same time.
awaitable<void> exchange(ends& pair, int& received) {
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    group.spawn(echo_each, std::ref(pair.server));
    group.spawn([&]() -> awaitable<void> {
      for (int i = 0; i != count; ++i) {
        const auto text = text_of(i);
        co_await pair.client.send(text);
      }
    });
    group.spawn([&]() -> awaitable<void> { co_await pair.server.ping(); });
    for (int i = 0; i != count; ++i) {
      const auto message = co_await pair.client.receive();
      if (!message) throw std::runtime_error("closed");
      EXPECT_EQ(message->data, text_of(i));
      ++received;
    }
    co_await pair.client.ping("last");
    co_await pair.client.close(1000, "done");
  });
}

ASYNC_TEST_SHUFFLED(websocket_sweep, messages_keep_their_order) {
  ends pair;
  int received = 0;
  co_await exchange(pair, received);
  EXPECT_EQ(received, count);
  EXPECT_EQ(pair.client.close_code(), 1000);
  EXPECT_EQ(pair.server.close_code(), 1000);
}

TEST(websocket_sweep, cancelled_at_every_await) {
  int received = 0;
  const auto body = [&]() -> awaitable<void> {
    received = 0;
    ends pair;
    co_await exchange(pair, received);
  };
  const auto holds = [&]() -> awaitable<void> {
    EXPECT_LE(received, count);
    co_return;
  };
  EXPECT_GT(testing::cancel_at_every_await(body, holds), 20U);
}

TEST(websocket_sweep, shut_down_at_every_await) {
  int received = 0;
  const auto body = [&]() -> awaitable<void> {
    received = 0;
    ends pair;
    co_await exchange(pair, received);
  };
  EXPECT_GT(testing::shut_down_at_every_await(body, [&] { EXPECT_LE(received, count); }), 20U);
}

TEST(websocket_sweep, failed_at_every_read_and_write) {
  int received = 0;
  const auto body = [&]() -> awaitable<void> {
    received = 0;
    ends pair;
    co_await exchange(pair, received);
  };
  const auto holds = [&]() -> awaitable<void> {
    EXPECT_LE(received, count);
    co_return;
  };
  EXPECT_GT(testing::fail_at_every_step(body, holds), 20U);
}

// The task that is cancelled is the one that receives; the connection goes on.
TEST(websocket_sweep, a_cancelled_receive_loses_no_message) {
  for (int turns = 0; turns != 12; ++turns) {
    testing::for_each_schedule(
        [&]() -> awaitable<void> {
          ends pair;
          std::string got;
          auto receiving = spawn([&]() -> awaitable<void> {
            for (int i = 0; i != 3; ++i) {
              auto message = co_await pair.client.receive();
              got += message->data;
            }
          });
          auto sending = spawn([&]() -> awaitable<void> {
            for (int i = 1; i != 4; ++i) {
              const auto text = std::to_string(i);
              co_await pair.server.send(text);
            }
          });
          for (int i = 0; i != turns; ++i) co_await yield();
          receiving.cancel();
          co_await receiving.wait();
          co_await sending;
          while (got.size() != 3) {
            const auto message = co_await pair.client.receive();
            got += message->data;
          }
          EXPECT_EQ(got, "123");
        },
        8);
  }
}

}  // namespace bight::http::websocket_sweep_test
