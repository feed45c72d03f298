// What a cancellation leaves behind on a stream.
#include <bight/net/stream.hpp>

#include <bight/core/cancel.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <string>

#include "support/sockets.hpp"

namespace bight::net::stream_cancel_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using test::error_of;
using test::every_transport;
using test::read_all;
using test::read_exactly;
using test::read_once;
using test::tcp_pair;

awaitable<void> turns(int count) {
  for (int i = 0; i != count; ++i) co_await yield();
}

ASYNC_TEST(stream_cancel, of_a_read_takes_nothing) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    auto reading = spawn(read_once, std::ref(server));
    co_await turns(3);
    CO_ASSERT_FALSE(reading.done());
    reading.cancel();
    co_await reading.wait();
    EXPECT_TRUE(reading.cancelled());
    co_await client.write("hello");
    const auto text = co_await read_once(server);
    EXPECT_EQ(text, "hello");
  }
}

ASYNC_TEST(stream_cancel, a_read_that_times_out_takes_nothing) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    const auto error = co_await error_of(wait_for(read_once(server), 10ms));
    EXPECT_EQ(error.code(), bight::errc::timed_out);
    co_await client.write("hello");
    const auto text = co_await read_once(server);
    EXPECT_EQ(text, "hello");
  }
}

// Cancels meet arriving bytes in every order: each byte is delivered once, to a read that ended well or to a
// later one.
ASYNC_TEST(stream_cancel, loses_no_byte_that_arrives_at_the_same_time) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    std::string sent;
    std::string received;
    int cancelled = 0;
    for (int round = 0; round != 300; ++round) {
      auto reading = spawn(read_once, std::ref(server));
      co_await turns(round % 5);
      if (round % 2 == 0) {
        sent += static_cast<char>('a' + round % 26);
        co_await client.write(std::string_view(sent).substr(sent.size() - 1));
      }
      co_await turns(round / 5 % 4);
      reading.cancel();
      co_await reading.wait();
      if (reading.cancelled())
        ++cancelled;
      else
        received += reading.result();
    }
    co_await client.shutdown_write();
    received += co_await read_all(server);
    EXPECT_EQ(received, sent);
    EXPECT_GT(cancelled, 0);
    EXPECT_LT(cancelled, 300);
  }
}

ASYNC_TEST(stream_cancel, of_a_read_leaves_a_write_alone) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    const auto much = test::pattern(8'000'000);
    auto writing = spawn([&]() -> awaitable<void> { co_await test::write_and_finish(client, much); });
    auto reading = spawn(read_once, std::ref(client));
    co_await turns(4);
    CO_ASSERT_FALSE(writing.done());
    reading.cancel();
    co_await reading.wait();
    EXPECT_TRUE(reading.cancelled());
    const auto all = co_await wait_for(read_all(server), 10s);
    EXPECT_TRUE(all == much);
    co_await writing;
  }
}

ASYNC_TEST(stream_cancel, of_a_write_leaves_a_read_alone) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    const std::string much(20'000'000, 'x');
    auto writing = spawn([&]() -> awaitable<void> { co_await client.write(much); });
    auto reading = spawn(read_once, std::ref(client));
    co_await turns(4);
    CO_ASSERT_FALSE(writing.done());
    writing.cancel();
    co_await writing.wait();
    EXPECT_TRUE(writing.cancelled());
    EXPECT_FALSE(reading.done());
    co_await server.write("still reading");
    const auto text = co_await wait_for(shield(reading), 5s);
    EXPECT_EQ(text, "still reading");
  }
}

ASYNC_TEST(stream_cancel, of_a_write_that_had_sent_a_part_breaks_the_stream_for_writing) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    const std::string much(20'000'000, 'x');
    const auto error = co_await error_of(wait_for(client.write(much), 20ms));
    EXPECT_EQ(error.code(), bight::errc::timed_out);
    const auto again = co_await error_of(wait_for(client.write("more"), 5s));
    EXPECT_EQ(again.code(), errc::stream_broken);
    co_await server.write("reading goes on");
    const auto text = co_await read_once(client);
    EXPECT_EQ(text, "reading goes on");
  }
}

ASYNC_TEST(stream_cancel, of_a_write_that_had_sent_nothing_leaves_it_usable) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    if (client.native_handle() >= 0) {
      test::shrink_buffers(client, 4096);
      test::shrink_buffers(server, 4096);
    }
    std::size_t whole = 0;
    // Fills the way to the peer; a write of one byte sends all or nothing.
    auto fill = [&]() -> awaitable<void> {
      while (true) {
        co_await client.write("x");
        ++whole;
      }
    };
    const auto error = co_await error_of(wait_for(fill(), 100ms));
    EXPECT_EQ(error.code(), bight::errc::timed_out);
    auto finish = [&]() -> awaitable<void> {
      co_await client.write("!");
      co_await client.shutdown_write();
    };
    auto [finished, all] = co_await gather(finish(), read_all(server));
    EXPECT_EQ(all.size(), whole + 1);
    EXPECT_TRUE(all.ends_with('!'));
  }
}

ASYNC_TEST(stream_cancel, strikes_a_reader_that_never_has_to_wait) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    auto ping = spawn([&]() -> awaitable<void> {
      while (true) {
        co_await client.write("x");
        static_cast<void>(co_await read_exactly(server, 1));
      }
    });
    co_await turns(10);
    ping.cancel();
    co_await ping.wait();
    EXPECT_TRUE(ping.cancelled());
  }
}

}  // namespace bight::net::stream_cancel_test
