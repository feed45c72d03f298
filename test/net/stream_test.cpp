// stream over TCP: reading, writing, closing, and what can be asked.
#include <bight/net/stream.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <bight/asio.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/error.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/errc.hpp>
#include <memory>
#include <optional>
#include <string>

#include "support/sockets.hpp"

namespace bight::net::stream_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using test::error_of;
using test::memory_pair;
using test::read_all;
using test::read_exactly;
using test::read_once;
using test::tcp_pair;
namespace sys = boost::system::errc;
using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::IsEmpty;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

ASYNC_TEST(stream, carries_bytes_both_ways_until_the_end) {
  auto [client, server] = co_await tcp_pair();
  co_await client.write("ping");
  const auto ping = co_await read_exactly(server, 4);
  EXPECT_EQ(ping, "ping");
  co_await server.write("pong");
  const auto pong = co_await read_exactly(client, 4);
  EXPECT_EQ(pong, "pong");

  co_await client.shutdown_write();
  const auto end = co_await read_once(server);
  EXPECT_EQ(end, "");
  const auto still_the_end = co_await read_once(server);
  EXPECT_EQ(still_the_end, "");

  co_await server.write("after the end");  // the other half is open
  const auto after = co_await read_exactly(client, 13);
  EXPECT_EQ(after, "after the end");
}

// Long after the event that announced it.
ASYNC_TEST(stream, reading_again_at_the_end_returns_the_end_again) {
  for (const bool tries : {false, true}) {
    auto [client, server] = co_await tcp_pair();
    co_await client.shutdown_write();
    co_await sleep(5ms);
    std::array<std::byte, 16> room;
    if (tries) { EXPECT_EQ(server.try_read(room), 0U); }
    for (int i = 0; i != 3; ++i) {
      co_await sleep(2ms);
      const auto n = co_await wait_for(server.read_some(room), 5s);
      EXPECT_EQ(n, 0U);
    }
  }
}

ASYNC_TEST(stream, read_some_takes_what_fits) {
  auto [client, server] = co_await tcp_pair();
  co_await client.write("abcdef");
  std::string piece(4, '\0');
  const auto n = co_await server.read_some(std::as_writable_bytes(std::span(piece)));
  EXPECT_EQ(n, 4U);
  EXPECT_EQ(piece, "abcd");
  const auto rest = co_await read_once(server);
  EXPECT_EQ(rest, "ef");
}

ASYNC_TEST(stream, is_a_source_for_readers) {
  auto [client, server] = co_await tcp_pair();
  co_await client.write("first\r\n5 bytes");
  reader in{server};
  const auto line = co_await in.read_line();
  EXPECT_EQ(line, "first");
  const auto rest = co_await in.read_exactly(7);
  EXPECT_EQ(rest, "5 bytes");

  co_await client.write("one\ntwo\n");
  co_await client.shutdown_write();
  line_reader lines{server};
  const auto one = co_await lines.next();
  EXPECT_EQ(one, "one");
  const auto two = co_await lines.next();
  EXPECT_EQ(two, "two");
  const auto nothing = co_await bight::read_all(server);
  EXPECT_EQ(nothing, "");
}

ASYNC_TEST(stream, a_moved_stream_is_the_same_source) {
  auto [client, server] = co_await memory_pair();
  co_await client.write("text");
  co_await client.close();
  stream moved{std::move(server)};
  EXPECT_FALSE(server.valid());
  byte_source& source = moved;
  const auto text = co_await bight::read_all(source);
  EXPECT_EQ(text, "text");
}

ASYNC_TEST(stream, ten_megabytes_go_both_ways_at_once_through_small_buffers) {
  auto [client, server] = co_await tcp_pair();
  test::shrink_buffers(client, 64 * 1024);
  test::shrink_buffers(server, 64 * 1024);
  const auto there = test::pattern(10'000'000, 1);
  const auto back = test::pattern(10'000'000, 2);
  auto [a, b, at_server, at_client] =
      co_await gather(test::write_and_finish(client, there), test::write_and_finish(server, back),
                      read_all(server), read_all(client));
  EXPECT_TRUE(at_server == there);
  EXPECT_TRUE(at_client == back);
}

ASYNC_TEST(stream, two_buffers_are_written_in_order) {
  auto [client, server] = co_await tcp_pair();
  const std::vector all_pieces{test::pieces("head", "body"), test::pieces("", "second only"),
                               test::pieces("first only", ""), test::pieces("", "")};
  for (const auto& pieces : all_pieces) co_await client.write(pieces);
  co_await client.write("");
  co_await client.shutdown_write();
  const auto all = co_await read_all(server);
  EXPECT_EQ(all, "headbodysecond onlyfirst only");
}

ASYNC_TEST(stream, two_large_buffers_are_written_in_order) {
  auto [client, server] = co_await tcp_pair();
  test::shrink_buffers(client, 64 * 1024);
  const auto first = test::pattern(1'234'567, 3);
  const auto second = test::pattern(2'345'678, 4);
  auto write = [&]() -> awaitable<void> {
    const auto pieces = test::pieces(first, second);
    co_await client.write(pieces);
    co_await client.close();
  };
  auto [written, all] = co_await gather(write(), read_all(server));
  EXPECT_TRUE(all == first + second);
}

ASYNC_TEST(stream, write_to_a_peer_that_has_gone_fails_and_stays_failed) {
  auto [client, server] = co_await tcp_pair();
  server.abort();
  auto write_on = [&]() -> awaitable<void> {
    while (true) {
      co_await client.write("are you there?");
      co_await yield();
    }
  };
  const auto error = co_await error_of(wait_for(write_on(), 5s));
  EXPECT_THAT(error.code(), AnyOf(Eq(sys::connection_reset), Eq(sys::broken_pipe)));
  const auto again = co_await error_of(client.write("?"));
  EXPECT_THAT(again.code(), AnyOf(Eq(errc::stream_broken), Eq(sys::broken_pipe)));
}

ASYNC_TEST(stream, read_of_a_connection_that_was_reset_fails) {
  auto [client, server] = co_await tcp_pair();
  const linger hard{1, 0};
  ::setsockopt(server.native_handle(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  server.abort();
  const auto error = co_await error_of(read_once(client));
  EXPECT_EQ(error.code(), sys::connection_reset);
  // Likewise when asked again: nothing would wake a read that waits.
  const auto again = co_await error_of(wait_for(read_once(client), 5s));
  EXPECT_EQ(again.code(), sys::connection_reset);
  std::array<std::byte, 8> room{};
  EXPECT_THROW((void)client.try_read(room), system_error);
}

ASYNC_TEST(stream, try_read_of_a_connection_that_was_reset_fails_and_so_does_the_next_read) {
  auto [client, server] = co_await tcp_pair();
  const linger hard{1, 0};
  ::setsockopt(server.native_handle(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  server.abort();
  std::array<std::byte, 8> room{};
  EXPECT_THROW((void)client.try_read(room), system_error);
  const auto again = co_await error_of(wait_for(read_once(client), 5s));
  EXPECT_EQ(again.code(), sys::connection_reset);
}

ASYNC_TEST(stream, close_sends_what_was_written_and_then_the_end) {
  auto [client, server] = co_await tcp_pair();
  const auto data = test::pattern(300'000);
  auto write = [&]() -> awaitable<void> {
    co_await client.write(data);
    co_await client.close();
  };
  auto [written, all] = co_await gather(write(), read_all(server));
  EXPECT_TRUE(all == data);
}

ASYNC_TEST(stream, after_close_everything_says_so) {
  auto [client, server] = co_await tcp_pair();
  co_await client.close();
  co_await client.close();  // twice is once
  client.abort();
  const auto reading = co_await error_of(read_once(client));
  EXPECT_EQ(reading.code(), errc::stream_closed);
  const auto writing = co_await error_of(client.write("x"));
  EXPECT_EQ(writing.code(), errc::stream_closed);
  const auto finishing = co_await error_of(client.shutdown_write());
  EXPECT_EQ(finishing.code(), errc::stream_closed);
  EXPECT_EQ(client.native_handle(), -1);
  EXPECT_EQ(client.remote_endpoint(), endpoint{});
  EXPECT_EQ(client.local_endpoint(), endpoint{});
  EXPECT_TRUE(client.readable());  // a read would not wait
}

ASYNC_TEST(stream, abort_ends_a_pending_read_and_a_pending_write) {
  auto [client, server] = co_await tcp_pair();
  const std::string much(20'000'000, 'x');
  auto reading = spawn([&]() -> awaitable<void> { static_cast<void>(co_await read_once(client)); });
  auto writing = spawn([&]() -> awaitable<void> { co_await client.write(much); });
  for (int i = 0; i != 3; ++i) co_await yield();
  EXPECT_FALSE(reading.done());
  EXPECT_FALSE(writing.done());
  client.abort();
  co_await reading.wait();
  co_await writing.wait();
  try {
    reading.result();
    ADD_FAILURE() << "the read ended without an error";
  } catch (const system_error& e) { EXPECT_EQ(e.code(), sys::operation_canceled); }
  try {
    writing.result();
    ADD_FAILURE() << "the write ended without an error";
  } catch (const system_error& e) { EXPECT_EQ(e.code(), sys::operation_canceled); }
}

ASYNC_TEST(stream, may_be_destroyed_while_it_reads_and_writes) {
  auto [client, server] = co_await tcp_pair();
  const std::string much(20'000'000, 'x');
  auto doomed = std::make_unique<stream>(std::move(client));
  auto reading = spawn([&]() -> awaitable<void> { static_cast<void>(co_await read_once(*doomed)); });
  auto writing = spawn([&]() -> awaitable<void> { co_await doomed->write(much); });
  for (int i = 0; i != 3; ++i) co_await yield();
  doomed.reset();
  co_await reading.wait();
  co_await writing.wait();
  EXPECT_THROW(reading.result(), system_error);
  EXPECT_THROW(writing.result(), system_error);
}

// The wait has succeeded, but the coroutine was not resumed yet, when the stream goes.
ASYNC_TEST(stream, may_be_destroyed_just_when_a_write_could_go_on) {
  for (int turns = 0; turns != 12; ++turns) {
    auto [client, server] = co_await tcp_pair();
    const std::string much(8'000'000, 'x');
    auto doomed = std::make_unique<stream>(std::move(client));
    auto writing = spawn([&]() -> awaitable<void> { co_await doomed->write(much); });
    co_await yield();
    co_await yield();
    static_cast<void>(co_await read_once(server));
    for (int i = 0; i != turns; ++i) co_await yield();
    doomed.reset();
    co_await writing.wait();
    EXPECT_THROW(writing.result(), system_error);
  }
}

ASYNC_TEST(stream, a_call_that_was_not_awaited_yet_outlives_the_stream) {
  auto [client, server] = co_await tcp_pair();
  std::optional<stream> short_lived{std::move(client)};
  std::string buffer(10, '\0');
  auto reading = short_lived->read_some(std::as_writable_bytes(std::span(buffer)));
  auto writing = short_lived->write("x");
  short_lived.reset();
  const auto read_error = co_await error_of(std::move(reading));
  EXPECT_EQ(read_error.code(), errc::stream_closed);
  const auto write_error = co_await error_of(std::move(writing));
  EXPECT_EQ(write_error.code(), errc::stream_closed);
}

ASYNC_TEST(stream, may_be_moved_while_it_reads) {
  auto [client, server] = co_await tcp_pair();
  auto reading = spawn([&]() -> awaitable<std::string> { return read_once(client); });
  co_await yield();
  co_await yield();
  stream moved = std::move(client);
  EXPECT_FALSE(client.valid());
  co_await server.write("hello");
  const auto text = co_await reading;
  EXPECT_EQ(text, "hello");
}

ASYNC_TEST(stream, readable_says_whether_a_read_would_wait) {
  auto [client, server] = co_await tcp_pair();
  EXPECT_FALSE(server.readable());
  co_await client.write("x");
  auto wait_until_readable = [&]() -> awaitable<void> {
    while (!server.readable()) co_await yield();
  };
  co_await timeout(5s, wait_until_readable);
  EXPECT_TRUE(server.readable());
  static_cast<void>(co_await read_once(server));
  EXPECT_FALSE(server.readable());
  co_await client.close();
  co_await timeout(5s, wait_until_readable);
  EXPECT_TRUE(server.readable());
  const auto end = co_await read_once(server);
  EXPECT_THAT(end, IsEmpty());
}

ASYNC_TEST(stream, knows_both_endpoints) {
  auto [client, server] = co_await tcp_pair();
  EXPECT_TRUE(client.local_endpoint().address().is_loopback());
  EXPECT_NE(client.local_endpoint().port(), 0);
  EXPECT_EQ(client.local_endpoint(), server.remote_endpoint());
  EXPECT_EQ(client.remote_endpoint(), server.local_endpoint());
  EXPECT_EQ(client.protocol(), "");
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  EXPECT_GE(client.native_handle(), 0);
  ::getsockopt(client.native_handle(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
  EXPECT_EQ(no_delay, 1);
}

TEST(stream, is_empty_by_default) {
  const stream nothing;
  EXPECT_FALSE(nothing.valid());
  EXPECT_EQ(nothing.native_handle(), -1);
}

ASYNC_TEST(stream, gives_its_transport_away) {
  auto [client, server] = co_await tcp_pair();
  auto backend = client.release();
  EXPECT_FALSE(client.valid());
  CO_ASSERT_NE(backend.get(), nullptr);
  stream again{std::move(backend)};
  co_await again.write("still there");
  const auto text = co_await read_exactly(server, 11);
  EXPECT_EQ(text, "still there");
}

ASYNC_TEST(stream, two_reads_at_a_time_are_a_mistake_that_is_told) {
  auto [client, server] = co_await tcp_pair();
  auto first = spawn(read_once, std::ref(client));
  co_await yield();
  co_await yield();
  auto second = spawn(read_once, std::ref(client));
  co_await second.wait();
  EXPECT_THROW(static_cast<void>(second.result()), std::logic_error);
  co_await server.write("for the first");
  const auto text = co_await first;
  EXPECT_EQ(text, "for the first");
}

ASYNC_TEST(stream, closes_its_descriptor_when_it_is_destroyed) {
  const auto before = test::open_descriptors();
  {
    auto [client, server] = co_await tcp_pair();
    EXPECT_EQ(test::open_descriptors(), before + 2);
  }
  EXPECT_EQ(test::open_descriptors(), before);
}

ASYNC_TEST(stream, a_descriptor_is_not_inherited_by_programs_that_are_started) {
  auto [client, server] = co_await tcp_pair();
  EXPECT_TRUE(::fcntl(client.native_handle(), F_GETFD) & FD_CLOEXEC);
  EXPECT_TRUE(::fcntl(server.native_handle(), F_GETFD) & FD_CLOEXEC);
}

// Everything that a loop may have in flight when it is destroyed; a sanitizer says whether it is destroyed
// well.
class in_flight {
 public:
  awaitable<void> begin() {
    auto [a, b] = co_await tcp_pair();
    client_ = std::move(a);
    server_ = std::move(b);
    auto [c, d] = memory_pipe();
    memory_ = std::move(c);
    memory_peer_ = std::move(d);
    const endpoint anywhere{ip_address::loopback(), 0};
    listener_.emplace(anywhere);
    spawn(test::read_once, std::ref(client_)).detach();
    spawn([this]() -> awaitable<void> { co_await client_.write(much_); }).detach();
    spawn(test::read_once, std::ref(memory_)).detach();
    spawn([this]() -> awaitable<void> { co_await memory_.write(much_); }).detach();
    spawn([this]() -> awaitable<void> { static_cast<void>(co_await listener_->accept()); }).detach();
    spawn([this]() -> awaitable<void> {
      auto [mine, other] = co_await tcp_pair();  // owned by a frame that is destroyed
      co_await mine.write(much_);
    }).detach();
    co_await deaf_.fill();
    spawn([this]() -> awaitable<void> {
      const endpoint nowhere{ip_address::loopback(), deaf_.port()};
      static_cast<void>(co_await connect(nowhere));
    }).detach();
    for (int i = 0; i != 20; ++i) co_await sleep(1ms);
  }
  stream& client() noexcept { return client_; }

 private:
  std::string much_ = std::string(20'000'000, 'x');
  stream client_;
  stream server_;
  stream memory_;
  stream memory_peer_;
  std::optional<listener> listener_;
  test::deaf_listener deaf_;
};

TEST(stream, a_loop_may_be_destroyed_with_operations_in_flight) {
  const auto before = test::open_descriptors();
  {
    in_flight all;
    {
      loop l;
      const auto t = l.spawn([&] { return all.begin(); });
      l.run_until(t);
      t.result();
    }
    EXPECT_EQ(all.client().native_handle(), -1);  // its loop is gone
  }
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST(stream, outlives_its_loop_as_a_closed_one) {
  std::optional<stream> kept;
  testing::run_virtual([&]() -> awaitable<void> {
    auto [client, server] = co_await tcp_pair();
    kept.emplace(std::move(client));
  });
  EXPECT_EQ(kept->native_handle(), -1);
  EXPECT_TRUE(kept->readable());
  testing::run_virtual([&]() -> awaitable<void> {
    const auto error = co_await error_of(kept->write("x"));
    EXPECT_EQ(error.code(), errc::stream_closed);
  });
}

TEST(stream, carries_bytes_in_real_time_too) {
  bight::run([]() -> awaitable<void> {
    auto [client, server] = co_await tcp_pair();
    const auto data = test::pattern(1'000'000);
    auto [written, all] = co_await gather(test::write_and_finish(client, data), read_all(server));
    EXPECT_TRUE(all == data);
  });
}

TEST(stream, outlives_the_context_of_somebody_else) {
  const auto before = test::open_descriptors();
  std::optional<stream> kept;
  {
    boost::asio::io_context io{1};
    auto& l = loop_of(io);
    l.spawn([&]() -> awaitable<void> {
       auto [client, server] = co_await tcp_pair();
       kept.emplace(std::move(client));
       static_cast<void>(co_await read_once(*kept));  // until the context goes
     }).detach();
    while (!kept) io.run_one();
    EXPECT_GE(kept->native_handle(), 0);
  }
  EXPECT_EQ(kept->native_handle(), -1);
  kept.reset();
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST(stream, belongs_to_a_running_loop) {
  const endpoint anywhere{ip_address::loopback(), 0};
  try {
    const listener l{anywhere};
    ADD_FAILURE() << "a listener was made without a loop";
  } catch (const system_error& e) { EXPECT_EQ(e.code(), bight::errc::wrong_loop); }
}

}  // namespace bight::net::stream_test
