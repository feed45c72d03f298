// stream::try_write: takes what fits at once, never waits, and leaves the rest to write.
#include <bight/net/stream.hpp>

#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/net/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <string>

#include "support/sockets.hpp"

namespace bight::net::stream_try_write_test {

using boost::system::system_error;
using test::every_transport;
using test::pieces;
using test::read_all;
using test::read_exactly;
using test::tcp_pair;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span{text}); }

ASYNC_TEST(stream_try_write, takes_both_buffers_when_there_is_room) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    EXPECT_EQ(client.try_write(pieces("head ", "body")), 9U);
    EXPECT_EQ(client.try_write("!"), 1U);
    EXPECT_EQ(client.try_write(pieces("", "?")), 1U);
    EXPECT_EQ(client.try_write(bytes("")), 0U);
    const auto text = co_await read_exactly(server, 11);
    EXPECT_EQ(text, "head body!?");
  }
}

ASYNC_TEST(stream_try_write, takes_a_part_when_room_is_short_and_write_does_the_rest) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    const auto first = test::pattern(3'000'000, 1);
    const auto second = test::pattern(9'000'000, 2);
    const auto n = client.try_write(pieces(first, second));
    EXPECT_GT(n, 0U);
    EXPECT_LT(n, first.size() + second.size());
    EXPECT_EQ(client.try_write(bytes("no room")), 0U);
    const auto of_first = std::min(n, first.size());
    auto rest = spawn([&]() -> awaitable<void> {
      const auto left =
          pieces(std::string_view{first}.substr(of_first), std::string_view{second}.substr(n - of_first));
      co_await client.write(left);
      co_await client.shutdown_write();
    });
    const auto all = co_await read_all(server);
    EXPECT_TRUE(all == first + second);
    co_await rest;
  }
}

ASYNC_TEST(stream_try_write, to_a_closed_stream_fails) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    client.abort();
    try {
      static_cast<void>(client.try_write(bytes("x")));
      ADD_FAILURE() << "no error";
    } catch (const system_error& e) { EXPECT_EQ(e.code(), errc::stream_closed); }
  }
}

ASYNC_TEST(stream_try_write, between_the_parts_of_another_write_is_a_mistake_that_is_told) {
  auto [client, server] = co_await tcp_pair();
  const auto much = test::pattern(20'000'000);
  auto writing = spawn([&]() -> awaitable<void> { co_await client.write(much); });
  co_await yield();  // now it waits for room
  EXPECT_THROW(static_cast<void>(client.try_write(bytes("x"))), std::logic_error);
  client.abort();
  co_await writing.wait();
}

}  // namespace bight::net::stream_try_write_test
