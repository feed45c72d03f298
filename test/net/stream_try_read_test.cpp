// stream::try_read: takes what is there, never waits.
#include <bight/net/stream.hpp>

#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/net/error.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/faults.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/sockets.hpp"

namespace bight::net::stream_try_read_test {

using boost::system::system_error;
using test::every_transport;
using test::tcp_pair;

// What it took, "end", or "nothing yet".
std::string try_read(stream& s, std::size_t size = 100) {
  std::string buffer(size, '\0');
  const auto n = s.try_read(std::as_writable_bytes(std::span{buffer}));
  if (!n) return "nothing yet";
  return *n == 0 ? "end" : buffer.substr(0, *n);
}

ASYNC_TEST(stream_try_read, takes_what_is_there) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    EXPECT_EQ(try_read(client), "nothing yet");
    co_await server.write("hello");
    EXPECT_EQ(try_read(client, 3), "hel");
    EXPECT_EQ(try_read(client), "lo");
    EXPECT_EQ(try_read(client), "nothing yet");
    co_await server.shutdown_write();
    EXPECT_EQ(try_read(client), "end");
    EXPECT_EQ(try_read(client), "end");
  }
}

ASYNC_TEST(stream_try_read, leaves_the_stream_to_read_some) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    co_await server.write("one");
    EXPECT_EQ(try_read(client), "one");
    auto reading = spawn([&]() -> awaitable<std::string> { co_return co_await test::read_once(client); });
    co_await yield();
    co_await server.write("two");
    const auto two = co_await reading;
    EXPECT_EQ(two, "two");
  }
}

ASYNC_TEST(stream_try_read, says_what_ended_the_connection) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    co_await client.write("not read");
    server.abort();
    EXPECT_THROW(try_read(client), system_error);
    client.abort();
    try {
      try_read(client);
      ADD_FAILURE() << "no error";
    } catch (const system_error& e) { EXPECT_EQ(e.code(), errc::stream_closed); }
  }
}

ASYNC_TEST(stream_try_read, beside_a_task_that_reads_is_a_mistake_that_is_told) {
  auto [client, server] = co_await tcp_pair();
  auto reading = spawn([&]() -> awaitable<std::string> { co_return co_await test::read_once(client); });
  co_await yield();
  EXPECT_THROW(try_read(client), std::logic_error);
  co_await server.write("x");
  const auto x = co_await reading;
  EXPECT_EQ(x, "x");
}

ASYNC_TEST(stream_try_read, keeps_to_the_script_of_a_faulty_stream) {
  auto [plain, server] = co_await test::memory_pair();
  testing::faults script;
  script.reading.split_at(2).corrupt_at(3, std::byte{0x20}).reset_at(5);
  auto client = testing::with_faults(std::move(plain), std::move(script));
  co_await server.write("abcdef");
  EXPECT_EQ(try_read(client), "ab");
  EXPECT_EQ(try_read(client), "cDe");
  EXPECT_THROW(try_read(client), system_error);
}

}  // namespace bight::net::stream_try_read_test
