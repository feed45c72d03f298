// Streams that go wrong by script: each fault at its byte, and the contracts of a stream under all of them.
#include <bight/testing/faults.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/cancel.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <boost/system/errc.hpp>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/sockets.hpp"

namespace bight::testing::faults_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using net::stream;
using test::error_of;
using test::read_all;
using test::read_once;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;
namespace sys = boost::system::errc;

// Both ends of a pipe, the first with faults.
std::pair<stream, stream> faulty_pipe(faults script, const net::memory_pipe_options& options = {}) {
  auto [a, b] = net::memory_pipe(options);
  return {with_faults(std::move(a), std::move(script)), std::move(b)};
}

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span{text}); }

// The pieces in which it comes, up to the end.
awaitable<std::vector<std::string>> read_pieces(stream& s) {
  std::vector<std::string> all;
  while (true) {
    auto piece = co_await read_once(s);
    if (piece.empty()) co_return all;
    all.push_back(std::move(piece));
  }
}

// What comes before the error, and the error.
awaitable<std::pair<std::string, boost::system::error_code>> read_to_error(stream& s) {
  std::string all;
  try {
    while (true) {
      const auto piece = co_await read_once(s);
      if (piece.empty()) co_return std::pair(all, boost::system::error_code{});
      all += piece;
    }
  } catch (const system_error& e) { co_return std::pair(all, e.code()); }
}

// True if `work` has not ended after `d`.
template <class T>
awaitable<bool> times_out(awaitable<T> work, std::chrono::seconds d) {
  try {
    static_cast<void>(co_await wait_for(std::move(work), d));
  } catch (const timeout_error&) { co_return true; }
  co_return false;
}

class temporary_file {
 public:
  explicit temporary_file(std::string_view text) : file_(std::tmpfile()) {
    std::fwrite(text.data(), 1, text.size(), file_);
    std::fflush(file_);
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() { std::fclose(file_); }
  int descriptor() const { return ::fileno(file_); }

 private:
  std::FILE* file_;
};

ASYNC_TEST(faults, none_change_nothing) {
  const net::memory_pipe_options options{.first = net::endpoint(net::ip_address::loopback(), 1),
                                         .second = net::endpoint(net::ip_address::loopback(), 2)};
  auto [a, b] = faulty_pipe({}, options);
  EXPECT_EQ(a.local_endpoint(), options.first);
  EXPECT_EQ(a.remote_endpoint(), options.second);
  EXPECT_EQ(a.native_handle(), -1);
  EXPECT_EQ(a.protocol(), "");
  EXPECT_FALSE(a.readable());
  co_await b.write("there");
  EXPECT_TRUE(a.readable());
  const auto there = co_await read_once(a);
  EXPECT_EQ(there, "there");
  const auto both = test::pieces("ba", "ck");
  co_await a.write(both);
  const auto back = co_await read_once(b);
  EXPECT_EQ(back, "back");
  co_await a.shutdown_write();
  const auto end = co_await read_once(b);
  EXPECT_EQ(end, "");
  const auto error = co_await error_of(a.write("more"));
  EXPECT_EQ(error.code(), net::errc::stream_closed);
}

ASYNC_TEST(faults, split_reads_at_a_byte) {
  faults script;
  script.reading.split_at(5).split_at(2);
  auto [a, b] = faulty_pipe(script);
  co_await b.write("0123456789");
  co_await b.close();
  const auto pieces = co_await read_pieces(a);
  EXPECT_THAT(pieces, ElementsAre("01", "234", "56789"));
}

ASYNC_TEST(faults, split_reads_into_single_bytes) {
  faults script;
  script.reading.split_every(1);
  auto [a, b] = faulty_pipe(script);
  co_await b.write("0123456789");
  co_await b.close();
  const auto pieces = co_await read_pieces(a);
  EXPECT_THAT(pieces, SizeIs(10U));
  EXPECT_THAT(pieces, Each(SizeIs(1U)));
}

ASYNC_TEST(faults, split_writes_let_others_run_between_the_pieces) {
  faults script;
  script.writing.split_every(4).split_at(5);
  auto [a, b] = faulty_pipe(script);
  const auto send = [&]() -> awaitable<void> {
    const auto both = test::pieces("012", "3456789");
    co_await a.write(both);
    co_await a.close();
  };
  auto [pieces, sent] = co_await gather(read_pieces(b), send());
  EXPECT_THAT(pieces, ElementsAre("0123", "4", "567", "89"));
}

ASYNC_TEST(faults, try_write_takes_no_more_than_a_piece) {
  faults script;
  script.writing.split_at(3).delay_at(6, 5s);
  auto [a, b] = faulty_pipe(script);
  const std::string text = "0123456789";
  const auto first = a.try_write(test::pieces("01", "23456789"));
  EXPECT_EQ(first, 3U);
  const auto again = a.try_write(bytes("3456789"));
  EXPECT_EQ(again, 0U);  // the split is `write`'s
  const auto start = clock::now();
  co_await a.write(bytes(text).subspan(3));
  EXPECT_EQ(clock::now() - start, 5s);
  const auto all = co_await read_once(b);
  EXPECT_EQ(all, text);
  EXPECT_EQ(a.try_write(bytes("more")), 4U);
}

ASYNC_TEST(faults, delay_a_byte_that_is_read) {
  faults script;
  script.reading.delay_at(3, 5s).delay_at(3, 1s).delay_at(10, 2s);
  auto [a, b] = faulty_pipe(script);
  co_await b.write("0123456789");
  co_await b.close();
  const auto start = clock::now();
  const auto first = co_await read_once(a);
  EXPECT_EQ(first, "012");
  EXPECT_EQ(clock::now(), start);
  EXPECT_FALSE(a.readable());
  const auto second = co_await read_once(a);
  EXPECT_EQ(second, "3456789");
  EXPECT_EQ(clock::now() - start, 6s);
  const auto end = co_await read_once(a);  // the end is late, too
  EXPECT_EQ(end, "");
  EXPECT_EQ(clock::now() - start, 8s);
}

ASYNC_TEST(faults, a_delay_that_was_interrupted_goes_on) {
  faults script;
  script.reading.delay_at(0, 5s);
  auto [a, b] = faulty_pipe(script);
  co_await b.write("x");
  const auto start = clock::now();
  EXPECT_FALSE(a.readable());
  const auto timed_out = co_await times_out(read_once(a), 2s);
  EXPECT_TRUE(timed_out);
  co_await sleep(1s);
  const auto text = co_await read_once(a);
  EXPECT_EQ(text, "x");
  EXPECT_EQ(clock::now() - start, 5s);
}

ASYNC_TEST(faults, reset_after_exactly_so_many_bytes_read) {
  for (const std::uint64_t n : {0U, 1U, 5U, 10U}) {
    faults script;
    script.reading.reset_at(n);
    auto [a, b] = faulty_pipe(script);
    co_await b.write("0123456789");
    const auto [all, error] = co_await read_to_error(a);
    EXPECT_EQ(all, std::string_view{"0123456789"}.substr(0, n));
    EXPECT_EQ(error, sys::connection_reset);
    EXPECT_TRUE(a.readable());
    const auto again = co_await error_of(read_once(a));
    EXPECT_EQ(again.code(), sys::connection_reset);
    const auto writing = co_await error_of(a.write("x"));
    EXPECT_EQ(writing.code(), sys::connection_reset);
    const auto at_peer = co_await error_of(read_once(b));
    EXPECT_EQ(at_peer.code(), sys::connection_reset);
  }
}

ASYNC_TEST(faults, reset_after_exactly_so_many_bytes_written) {
  for (const std::uint64_t n : {0U, 1U, 5U, 9U}) {
    faults script;
    script.writing.reset_at(n);
    auto [a, b] = faulty_pipe(script);
    const auto both = test::pieces("01234", "56789");
    const auto writing = co_await error_of(a.write(both));
    EXPECT_EQ(writing.code(), sys::connection_reset);
    const auto [all, error] = co_await read_to_error(b);
    EXPECT_EQ(all, std::string_view{"0123456789"}.substr(0, n));
    EXPECT_EQ(error, sys::connection_reset);
    const auto reading = co_await error_of(read_once(a));
    EXPECT_EQ(reading.code(), sys::connection_reset);
  }
}

ASYNC_TEST(faults, a_write_that_ends_before_the_byte_succeeds) {
  faults script;
  script.writing.reset_at(10);
  auto [a, b] = faulty_pipe(script);
  co_await a.write("0123456789");
  const auto all = co_await read_once(b);
  EXPECT_EQ(all, "0123456789");
  EXPECT_THROW(static_cast<void>(a.try_write(bytes("x"))), system_error);
}

ASYNC_TEST(faults, try_write_resets_when_it_is_the_bytes_turn) {
  faults script;
  script.writing.reset_at(4);
  auto [a, b] = faulty_pipe(script);
  EXPECT_EQ(a.try_write(bytes("01234567")), 4U);
  EXPECT_THROW(static_cast<void>(a.try_write(bytes("4567"))), system_error);
  const auto [all, error] = co_await read_to_error(b);
  EXPECT_EQ(all, "0123");
  EXPECT_EQ(error, sys::connection_reset);
}

ASYNC_TEST(faults, end_what_is_read_and_go_on_writing) {
  faults script;
  script.reading.end_at(4);
  auto [a, b] = faulty_pipe(script);
  co_await b.write("0123456789");
  const auto all = co_await read_all(a);
  EXPECT_EQ(all, "0123");
  const auto again = co_await read_once(a);
  EXPECT_EQ(again, "");
  EXPECT_TRUE(a.readable());
  co_await a.write("still");
  const auto text = co_await read_once(b);
  EXPECT_EQ(text, "still");
}

ASYNC_TEST(faults, end_what_is_written_without_an_error) {
  faults script;
  script.writing.end_at(4);
  auto [a, b] = faulty_pipe(script);
  EXPECT_EQ(a.try_write(bytes("01")), 2U);
  co_await a.write("23456789");
  co_await a.write("lost");
  const auto all = co_await read_all(b);
  EXPECT_EQ(all, "0123");
  co_await a.shutdown_write();
  co_await b.write("back");
  const auto back = co_await read_once(a);
  EXPECT_EQ(back, "back");
}

ASYNC_TEST(faults, stall_until_the_stream_is_closed_or_the_wait_cancelled) {
  faults script;
  script.reading.stall_at(2);
  script.writing.stall_at(3);
  auto [a, b] = faulty_pipe(script);
  co_await b.write("0123456789");
  const auto first = co_await read_once(a);
  EXPECT_EQ(first, "01");
  EXPECT_FALSE(a.readable());
  const auto timed_out = co_await times_out(read_once(a), 24h);
  EXPECT_TRUE(timed_out);
  auto reading = spawn([&]() -> awaitable<void> { static_cast<void>(co_await read_once(a)); });
  auto writing = spawn([&]() -> awaitable<void> { co_await a.write("abcdef"); });
  co_await advance(24h);
  EXPECT_FALSE(reading.done());
  EXPECT_FALSE(writing.done());
  const auto sent = co_await read_once(b);
  EXPECT_EQ(sent, "abc");
  a.abort();
  const auto read_error = co_await as_result(reading);
  EXPECT_EQ(read_error.error(), sys::operation_canceled);
  const auto write_error = co_await as_result(writing);
  EXPECT_EQ(write_error.error(), sys::operation_canceled);
}

ASYNC_TEST(faults, the_end_is_stalled_like_a_byte) {
  faults script;
  script.writing.stall_at(3);
  auto [a, b] = faulty_pipe(script);
  co_await a.write("abc");
  const auto timed_out = co_await times_out(a.shutdown_write(), 1h);
  EXPECT_TRUE(timed_out);
  const auto text = co_await read_once(b);
  EXPECT_EQ(text, "abc");
  const auto at_peer = co_await times_out(read_once(b), 1h);
  EXPECT_TRUE(at_peer);
}

ASYNC_TEST(faults, corrupt_a_byte) {
  faults script;
  script.reading.corrupt_at(1).corrupt_at(3, std::byte{0x20}).corrupt_at(3, std::byte{0x01});
  script.writing.corrupt_at(0, std::byte{0x20}).corrupt_at(2, std::byte{0x20});
  auto [a, b] = faulty_pipe(script);
  co_await b.write("abcdef");
  const auto read = co_await read_once(a);
  EXPECT_EQ(read, "accEef");
  EXPECT_EQ(a.try_write(bytes("ab")), 0U);  // `write` does it
  const auto both = test::pieces("ab", "cd");
  co_await a.write(both);
  const auto written = co_await read_once(b);
  EXPECT_EQ(written, "AbCd");
}

// Large writes through a pipe that is smaller: nothing but the fault is noticed.
ASYNC_TEST(faults, of_all_kinds_keep_the_order_of_much_data) {
  const auto data = test::pattern(20'000);
  faults script;
  script.reading.split_every(1000).delay_at(5000, 1s).split_at(777);
  script.writing.split_every(333).delay_at(12'345, 1s);
  const net::memory_pipe_options options{.capacity = 100};
  auto [a, b] = faulty_pipe(script, options);
  auto [x, y, at_b, at_a] = co_await gather(test::write_and_finish(a, data), test::write_and_finish(b, data),
                                            read_all(b), read_all(a));
  EXPECT_TRUE(at_b == data);
  EXPECT_TRUE(at_a == data);
}

ASYNC_TEST(faults, send_file_meets_them_too) {
  const temporary_file file{"0123456789"};
  faults script;
  script.writing.delay_at(2, 3s).corrupt_at(4, std::byte{0x40}).split_at(6).reset_at(8);
  auto [a, b] = faulty_pipe(script);
  const auto start = clock::now();
  const auto error = co_await error_of(a.send_file(file.descriptor(), 0, 10));
  EXPECT_EQ(error.code(), sys::connection_reset);
  EXPECT_EQ(clock::now() - start, 3s);
  const auto [all, at_peer] = co_await read_to_error(b);
  EXPECT_EQ(all, "0123t567");
  EXPECT_EQ(at_peer, sys::connection_reset);
}

ASYNC_TEST(faults, send_file_says_how_much_was_sent) {
  const temporary_file file{"0123456789"};
  faults script;
  script.writing.split_every(3);
  auto [a, b] = faulty_pipe(script);
  const auto some = co_await a.send_file(file.descriptor(), 2, 5);
  EXPECT_EQ(some, 5U);
  const auto fewer = co_await a.send_file(file.descriptor(), 8, 100);
  EXPECT_EQ(fewer, 2U);
  const auto all = co_await read_once(b);
  EXPECT_EQ(all, "2345689");
}

ASYNC_TEST(faults, send_file_past_the_end_is_lost_without_an_error) {
  const temporary_file file{"0123456789"};
  faults script;
  script.writing.end_at(4);
  auto [a, b] = faulty_pipe(script);
  const auto sent = co_await a.send_file(file.descriptor(), 0, 10);
  EXPECT_EQ(sent, 10U);
  const auto all = co_await read_all(b);
  EXPECT_EQ(all, "0123");
}

ASYNC_TEST(faults, a_write_that_is_cancelled_half_way_breaks_the_stream) {
  faults script;
  script.writing.delay_at(3, 1h);
  auto [a, b] = faulty_pipe(script);
  const auto timed_out = co_await times_out(a.write("012345"), 1s);
  EXPECT_TRUE(timed_out);
  const auto again = co_await error_of(a.write("x"));
  EXPECT_EQ(again.code(), net::errc::stream_broken);
  EXPECT_THROW(static_cast<void>(a.try_write(bytes("x"))), system_error);
  co_await b.write("reading goes on");
  const auto text = co_await read_once(a);
  EXPECT_EQ(text, "reading goes on");
}

ASYNC_TEST(faults, a_write_that_is_cancelled_before_its_first_byte_does_not) {
  faults script;
  script.writing.delay_at(0, 1h);
  auto [a, b] = faulty_pipe(script);
  const auto timed_out = co_await times_out(a.write("012345"), 1s);
  EXPECT_TRUE(timed_out);
  co_await a.write("again");
  const auto text = co_await read_once(b);
  EXPECT_EQ(text, "again");
}

ASYNC_TEST(faults, after_close_everything_says_so) {
  auto [a, b] = faulty_pipe({});
  co_await a.close();
  co_await a.close();
  a.abort();
  EXPECT_TRUE(a.readable());
  EXPECT_EQ(a.local_endpoint(), net::endpoint{});
  const auto reading = co_await error_of(read_once(a));
  EXPECT_EQ(reading.code(), net::errc::stream_closed);
  const auto writing = co_await error_of(a.write("x"));
  EXPECT_EQ(writing.code(), net::errc::stream_closed);
  const auto finishing = co_await error_of(a.shutdown_write());
  EXPECT_EQ(finishing.code(), net::errc::stream_closed);
  const auto end = co_await read_all(b);
  EXPECT_EQ(end, "");
}

ASYNC_TEST(faults, a_stream_may_be_destroyed_while_it_waits_at_one) {
  faults script;
  script.reading.stall_at(0);
  script.writing.split_at(1).delay_at(1, 1h);
  auto [a, b] = faulty_pipe(script);
  auto doomed = std::make_unique<stream>(std::move(a));
  auto reading = spawn([&]() -> awaitable<void> { static_cast<void>(co_await read_once(*doomed)); });
  auto writing = spawn([&]() -> awaitable<void> { co_await doomed->write("abc"); });
  co_await settle();
  auto unstarted = doomed->write("later");
  doomed.reset();
  const auto read_error = co_await as_result(reading);
  EXPECT_EQ(read_error.error(), sys::operation_canceled);
  const auto write_error = co_await as_result(writing);
  EXPECT_EQ(write_error.error(), sys::operation_canceled);
  const auto late = co_await error_of(std::move(unstarted));
  EXPECT_EQ(late.code(), net::errc::stream_closed);
}

ASYNC_TEST(faults, a_stream_may_be_destroyed_while_it_waits_for_its_peer) {
  const net::memory_pipe_options options{.capacity = 2};
  auto [a, b] = faulty_pipe({}, options);
  auto doomed = std::make_unique<stream>(std::move(a));
  auto reading = spawn([&]() -> awaitable<void> { static_cast<void>(co_await read_once(*doomed)); });
  auto writing = spawn([&]() -> awaitable<void> { co_await doomed->write("abc"); });
  co_await settle();
  doomed.reset();
  const auto read_error = co_await as_result(reading);
  EXPECT_EQ(read_error.error(), sys::operation_canceled);
  const auto write_error = co_await as_result(writing);
  EXPECT_EQ(write_error.error(), sys::operation_canceled);
}

// A loop that ends destroys what waits at faults where it stands.
TEST(faults, a_loop_may_end_while_streams_wait_at_them) {
  loop_options options;
  options.clock = clock_mode::virtual_;
  loop l{options};
  const auto t = l.spawn([]() -> awaitable<void> {
    faults script;
    script.reading.stall_at(0);
    script.writing.delay_at(0, 1h);
    auto ends = std::make_shared<std::pair<stream, stream>>(faulty_pipe(script));
    spawn([ends]() -> awaitable<void> { static_cast<void>(co_await read_once(ends->first)); }).detach();
    spawn([ends]() -> awaitable<void> { co_await ends->first.write("x"); }).detach();
    co_await settle();
  });
  l.run_until(t);
  t.result();
}

ASYNC_TEST(faults, work_over_tcp) {
  auto [client, server] = co_await test::tcp_pair();
  faults script;
  script.reading.split_every(2);
  script.writing.reset_at(4);
  auto faulty = with_faults(std::move(client), script);
  EXPECT_EQ(faulty.native_handle(), -1);
  EXPECT_EQ(faulty.remote_endpoint(), server.local_endpoint());
  co_await server.write("0123");
  const auto piece = co_await read_once(faulty);
  EXPECT_EQ(piece, "01");
  const auto error = co_await error_of(faulty.write("0123456789"));
  EXPECT_EQ(error.code(), sys::connection_reset);
}

TEST(fault_script, refuses_what_has_no_meaning) {
  constexpr auto nan = std::chrono::duration<double>{std::numeric_limits<double>::quiet_NaN()};
  fault_script script;
  EXPECT_THROW(script.split_every(0), std::invalid_argument);
  EXPECT_THROW(script.delay_at(0, -1s), std::invalid_argument);
  EXPECT_THROW(script.delay_at(0, nan), std::invalid_argument);
  EXPECT_THROW(script.corrupt_at(0, std::byte{0}), std::invalid_argument);
}

ASYNC_TEST(fault_script, of_several_ends_takes_the_first_in_the_stream) {
  faults script;
  script.reading.reset_at(8).end_at(3).stall_at(5);
  auto [a, b] = faulty_pipe(script);
  co_await b.write("0123456789");
  const auto all = co_await read_all(a);
  EXPECT_EQ(all, "012");
}

}  // namespace bight::testing::faults_test
