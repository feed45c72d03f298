// memory_pipe: what a connection does, without one, in virtual time.
#include <bight/net/memory_stream.hpp>

#include <bight/core/cancel.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/errc.hpp>
#include <memory>
#include <optional>
#include <string>

#include "support/sockets.hpp"

namespace bight::net::memory_stream_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using test::error_of;
using test::read_all;
using test::read_exactly;
using test::read_once;
namespace sys = boost::system::errc;

awaitable<void> turns(int count) {
  for (int i = 0; i != count; ++i) co_await yield();
}

ASYNC_TEST(memory_pipe, carries_bytes_both_ways) {
  auto [a, b] = memory_pipe();
  co_await a.write("there");
  co_await b.write("back");
  const auto there = co_await read_once(b);
  EXPECT_EQ(there, "there");
  const auto back = co_await read_once(a);
  EXPECT_EQ(back, "back");
  EXPECT_EQ(a.native_handle(), -1);
  EXPECT_EQ(a.remote_endpoint(), endpoint{});
  EXPECT_EQ(a.protocol(), "");
}

ASYNC_TEST(memory_pipe, says_the_addresses_that_it_was_given) {
  const memory_pipe_options options{.first = endpoint(ip_address::loopback(), 1),
                                    .second = endpoint(ip_address::loopback(), 2)};
  auto [a, b] = memory_pipe(options);
  EXPECT_EQ(a.local_endpoint(), options.first);
  EXPECT_EQ(a.remote_endpoint(), options.second);
  EXPECT_EQ(b.local_endpoint(), options.second);
  EXPECT_EQ(b.remote_endpoint(), options.first);
  co_await a.close();
  EXPECT_EQ(a.local_endpoint(), endpoint{});
  EXPECT_EQ(a.remote_endpoint(), endpoint{});
}

ASYNC_TEST(memory_pipe, write_waits_while_the_pipe_is_full) {
  const memory_pipe_options options{.capacity = 10};
  auto [a, b] = memory_pipe(options);
  co_await a.write("0123456789");  // fits exactly
  auto writing = spawn([&]() -> awaitable<void> { co_await a.write("abcdef"); });
  co_await turns(3);
  EXPECT_FALSE(writing.done());
  const auto first = co_await read_exactly(b, 4);
  EXPECT_EQ(first, "0123");
  co_await turns(3);
  EXPECT_FALSE(writing.done());  // four of six bytes have room
  const auto second = co_await read_once(b);
  EXPECT_EQ(second, "456789abcd");
  co_await writing;
  const auto third = co_await read_once(b);
  EXPECT_EQ(third, "ef");
}

ASYNC_TEST(memory_pipe, much_goes_through_any_capacity) {
  const auto there = test::pattern(5'000, 1);
  const auto back = test::pattern(4'000, 2);
  for (const std::size_t capacity : {0U, 1U, 7U, 4096U, 1'000'000U}) {
    const memory_pipe_options options{.capacity = capacity};
    auto [a, b] = memory_pipe(options);
    auto [x, y, at_b, at_a] = co_await gather(test::write_and_finish(a, there),
                                              test::write_and_finish(b, back), read_all(b), read_all(a));
    EXPECT_TRUE(at_b == there) << capacity;
    EXPECT_TRUE(at_a == back) << capacity;
  }
}

ASYNC_TEST(memory_pipe, two_buffers_are_written_in_order) {
  const memory_pipe_options options{.capacity = 3};
  auto [a, b] = memory_pipe(options);
  auto write = [&]() -> awaitable<void> {
    const auto both = test::pieces("head", "body");
    co_await a.write(both);
    co_await a.close();
  };
  auto [written, all] = co_await gather(write(), read_all(b));
  EXPECT_EQ(all, "headbody");
}

ASYNC_TEST(memory_pipe, half_closed_it_carries_the_other_way) {
  auto [a, b] = memory_pipe();
  co_await a.write("last words");
  co_await a.shutdown_write();
  const auto words = co_await read_all(b);
  EXPECT_EQ(words, "last words");
  co_await b.write("answer");
  const auto answer = co_await read_exactly(a, 6);
  EXPECT_EQ(answer, "answer");
  const auto error = co_await error_of(a.write("more"));
  EXPECT_TRUE(error.code() == errc::stream_closed || error.code() == sys::broken_pipe) << error.what();
}

ASYNC_TEST(memory_pipe, a_close_is_the_end_for_the_peer) {
  auto [a, b] = memory_pipe();
  co_await a.write("unread");
  co_await a.close();
  const auto rest = co_await read_all(b);
  EXPECT_EQ(rest, "unread");
  const auto error = co_await error_of(b.write("x"));
  EXPECT_EQ(error.code(), sys::broken_pipe);
  const auto own = co_await error_of(read_once(a));
  EXPECT_EQ(own.code(), errc::stream_closed);
  const auto own_write = co_await error_of(a.write("x"));
  EXPECT_EQ(own_write.code(), errc::stream_closed);
  const auto own_end = co_await error_of(a.shutdown_write());
  EXPECT_EQ(own_end.code(), errc::stream_closed);
}

ASYNC_TEST(memory_pipe, destroying_an_end_is_the_end_for_the_peer) {
  auto [a, b] = memory_pipe();
  std::optional<stream> end{std::move(a)};
  auto reading = spawn([&]() -> awaitable<std::string> { return read_once(b); });
  co_await turns(3);
  end.reset();
  const auto text = co_await reading;
  EXPECT_EQ(text, "");
}

ASYNC_TEST(memory_pipe, a_writer_learns_that_its_reader_has_gone) {
  const memory_pipe_options options{.capacity = 4};
  auto [a, b] = memory_pipe(options);
  std::optional<stream> reader{std::move(b)};
  auto writing = spawn([&]() -> awaitable<void> { co_await a.write("much too much"); });
  co_await turns(3);
  reader.reset();
  co_await writing.wait();
  try {
    writing.result();
    ADD_FAILURE() << "the write ended well";
  } catch (const system_error& e) { EXPECT_EQ(e.code(), sys::broken_pipe); }
}

ASYNC_TEST(memory_pipe, abort_resets_the_peer_after_what_was_sent) {
  auto [a, b] = memory_pipe();
  co_await a.write("sent before");
  a.abort();
  const auto text = co_await read_once(b);
  EXPECT_EQ(text, "sent before");
  const auto error = co_await error_of(read_once(b));
  EXPECT_EQ(error.code(), sys::connection_reset);
  const auto write_error = co_await error_of(b.write("x"));
  EXPECT_EQ(write_error.code(), sys::broken_pipe);
}

ASYNC_TEST(memory_pipe, abort_ends_what_is_in_flight_on_both_sides) {
  const memory_pipe_options options{.capacity = 4};
  auto [a, b] = memory_pipe(options);
  auto reading = spawn([&]() -> awaitable<std::string> { return read_once(a); });
  auto writing = spawn([&]() -> awaitable<void> { co_await a.write("much too much"); });
  co_await turns(4);
  CO_ASSERT_FALSE(reading.done());
  CO_ASSERT_FALSE(writing.done());
  a.abort();
  co_await reading.wait();
  co_await writing.wait();
  const auto code_of = [](const auto& t) {
    try {
      static_cast<void>(t.result());
    } catch (const system_error& e) { return e.code(); }
    return boost::system::error_code{};
  };
  EXPECT_EQ(code_of(reading), sys::operation_canceled);
  EXPECT_EQ(code_of(writing), sys::operation_canceled);
  const auto later = co_await error_of(read_once(a));
  EXPECT_EQ(later.code(), errc::stream_closed);
}

ASYNC_TEST(memory_pipe, an_end_may_be_destroyed_while_it_reads_and_writes) {
  const memory_pipe_options options{.capacity = 4};
  auto [a, b] = memory_pipe(options);
  auto doomed = std::make_unique<stream>(std::move(a));
  auto reading = spawn([&]() -> awaitable<std::string> { return read_once(*doomed); });
  auto writing = spawn([&]() -> awaitable<void> { co_await doomed->write("much too much"); });
  co_await turns(4);
  auto not_begun = doomed->write("x");
  doomed.reset();
  co_await reading.wait();
  co_await writing.wait();
  EXPECT_THROW(static_cast<void>(reading.result()), system_error);
  EXPECT_THROW(writing.result(), system_error);
  const auto error = co_await error_of(std::move(not_begun));
  EXPECT_EQ(error.code(), errc::stream_closed);
}

ASYNC_TEST(memory_pipe, readable_says_whether_a_read_would_wait) {
  auto [a, b] = memory_pipe();
  EXPECT_FALSE(b.readable());
  co_await a.write("x");
  EXPECT_TRUE(b.readable());
  static_cast<void>(co_await read_once(b));
  EXPECT_FALSE(b.readable());
  co_await a.shutdown_write();
  EXPECT_TRUE(b.readable());
  b.abort();
  EXPECT_TRUE(b.readable());
  EXPECT_TRUE(a.readable());
}

// An hour of virtual time: a descriptor or a thread would make the clock run at real speed.
ASYNC_TEST(memory_pipe, time_stays_virtual) {
  auto [a, b] = memory_pipe();
  const auto real = std::chrono::steady_clock::now();
  const auto before = clock::now();
  auto slow_writer = [&]() -> awaitable<void> {
    for (int i = 0; i != 60; ++i) {
      co_await sleep(1min);
      co_await a.write("tick");
    }
    co_await a.close();
  };
  auto [written, all] = co_await gather(slow_writer(), read_all(b));
  EXPECT_EQ(all.size(), 240U);
  EXPECT_EQ(clock::now() - before, 1h);
  EXPECT_LT(std::chrono::steady_clock::now() - real, 5s);
}

TEST(memory_pipe, two_readers_that_wait_for_each_other_are_a_deadlock) {
  EXPECT_THROW(testing::run_virtual([]() -> awaitable<void> {
                 auto [a, b] = memory_pipe();
                 co_await gather(read_once(a), read_once(b));
               }),
               deadlock_error);
}

ASYNC_TEST(memory_pipe, cancelled_reads_and_writes_keep_to_the_contract) {
  const memory_pipe_options options{.capacity = 4};
  auto [a, b] = memory_pipe(options);
  const auto reading = co_await error_of(wait_for(read_once(b), 1h));
  EXPECT_EQ(reading.code(), bight::errc::timed_out);
  co_await a.write("full");
  const auto nothing_sent = co_await error_of(wait_for(a.write("more"), 1h));
  EXPECT_EQ(nothing_sent.code(), bight::errc::timed_out);
  const auto full = co_await read_once(b);
  EXPECT_EQ(full, "full");
  co_await a.write("ok");  // nothing of "more" was sent
  const auto part_sent = co_await error_of(wait_for(a.write("a part of this"), 1h));
  EXPECT_EQ(part_sent.code(), bight::errc::timed_out);
  const auto broken = co_await error_of(a.write("x"));
  EXPECT_EQ(broken.code(), errc::stream_broken);
  const auto rest = co_await read_once(b);
  EXPECT_EQ(rest, "oka ");
}

// The second buffer of a pair has not begun when the cancellation comes, but the first has been sent.
ASYNC_TEST(memory_pipe, a_pair_of_buffers_cancelled_between_them_breaks_the_stream) {
  const memory_pipe_options options{.capacity = 4};
  auto [a, b] = memory_pipe(options);
  const auto both = test::pieces("1234", "5678");
  auto write = a.write(both);
  const auto error = co_await error_of(wait_for(std::move(write), 1h));
  EXPECT_EQ(error.code(), bight::errc::timed_out);
  const auto broken = co_await error_of(a.write("x"));
  EXPECT_EQ(broken.code(), errc::stream_broken);
}

}  // namespace bight::net::memory_stream_test
