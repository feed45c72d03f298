// wait_readable and wait_writable: descriptors that stay the caller's.
#include <bight/core/readiness.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bight/core/detail/unique_fd.hpp>
#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <string>

namespace bight::readiness_test {

using namespace std::chrono_literals;

// A connected pair of sockets.
struct socket_pair {
  socket_pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      throw std::runtime_error("socketpair");
    here = detail::unique_fd{ends[0]};
    there = detail::unique_fd{ends[1]};
  }
  void fill() const {
    const std::string much(1U << 16U, 'x');
    while (::send(here.get(), much.data(), much.size(), MSG_DONTWAIT) > 0) {}
  }
  void drain() const {
    char much[1U << 16U];
    while (::recv(there.get(), much, sizeof much, MSG_DONTWAIT) > 0) {}
  }
  detail::unique_fd here;
  detail::unique_fd there;
};

awaitable<boost::system::error_code> error_of_wait(awaitable<void> wait) {
  try {
    co_await std::move(wait);
  } catch (const boost::system::system_error& e) { co_return e.code(); }
  co_return boost::system::error_code{};
}
constexpr auto is_error = [](const boost::system::error_code& ec, int number) {
  return ec.category() == boost::system::system_category() && ec.value() == number;
};

ASYNC_TEST(wait_readable, returns_when_there_is_something_to_read) {
  const socket_pair pair;
  auto waiting = spawn(wait_readable, pair.here.get());
  co_await sleep(1ms);
  EXPECT_FALSE(waiting.done());
  CO_ASSERT_EQ(::send(pair.there.get(), "x", 1, 0), 1);
  co_await waiting;
  char got = 0;
  EXPECT_EQ(::recv(pair.here.get(), &got, 1, MSG_DONTWAIT), 1);
  EXPECT_EQ(got, 'x');
}

ASYNC_TEST(wait_readable, of_what_is_ready_does_not_wait) {
  const socket_pair pair;
  CO_ASSERT_EQ(::send(pair.there.get(), "x", 1, 0), 1);
  auto other_ran = false;
  auto other = spawn([&]() -> awaitable<void> {
    other_ran = true;
    co_return;
  });
  co_await wait_readable(pair.here.get());
  co_await wait_readable(pair.here.get());  // nothing was taken
  EXPECT_FALSE(other_ran);
  co_await other;
}

ASYNC_TEST(wait_readable, returns_at_the_end_of_a_stream) {
  socket_pair pair;
  auto waiting = spawn(wait_readable, pair.here.get());
  co_await sleep(1ms);
  pair.there = detail::unique_fd{};
  co_await waiting;
}

ASYNC_TEST(wait_writable, returns_when_there_is_room) {
  const socket_pair pair;
  co_await wait_writable(pair.here.get());
  pair.fill();
  auto waiting = spawn(wait_writable, pair.here.get());
  co_await sleep(1ms);
  EXPECT_FALSE(waiting.done());
  pair.drain();
  co_await waiting;
}

ASYNC_TEST(wait_writable, returns_when_nobody_reads_any_more) {
  int ends[2];
  CO_ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  detail::unique_fd reads{ends[0]};
  const detail::unique_fd writes{ends[1]};
  const std::string much(1U << 16U, 'x');
  while (::write(writes.get(), much.data(), much.size()) > 0) {}
  auto waiting = spawn(wait_writable, writes.get());
  co_await sleep(1ms);
  EXPECT_FALSE(waiting.done());
  reads = detail::unique_fd{};
  co_await waiting;
}

ASYNC_TEST(wait_readable, and_writable_and_several_at_a_time_on_one_descriptor) {
  const socket_pair pair;
  pair.fill();
  const int fd = pair.here.get();
  auto first = spawn(wait_readable, fd);
  auto second = spawn(wait_readable, fd);
  auto third = spawn(wait_writable, fd);
  co_await sleep(1ms);
  EXPECT_FALSE(first.done() || second.done() || third.done());
  pair.drain();
  co_await third;
  EXPECT_FALSE(first.done() || second.done());
  CO_ASSERT_EQ(::send(pair.there.get(), "x", 1, 0), 1);
  co_await gather(first, second);
}

ASYNC_TEST(wait_readable, leaves_the_descriptor_as_it_is) {
  const socket_pair pair;
  const int before = ::fcntl(pair.here.get(), F_GETFL);
  bool expired = false;
  try {
    co_await wait_for(wait_readable(pair.here.get()), 1ms);
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
  EXPECT_EQ(::fcntl(pair.here.get(), F_GETFL), before);
  EXPECT_EQ(before & O_NONBLOCK, 0);
  co_await wait_writable(pair.here.get());  // it is open
}

ASYNC_TEST(wait_readable, of_a_regular_file_is_an_error) {
  char name[] = "/tmp/bight-readiness-XXXXXX";
  const detail::unique_fd file{::mkstemp(name)};
  CO_ASSERT_GE(file.get(), 0);
  ::unlink(name);
  const auto reading = co_await error_of_wait(wait_readable(file.get()));
  const auto writing = co_await error_of_wait(wait_writable(file.get()));
  EXPECT_TRUE(is_error(reading, EPERM)) << reading;
  EXPECT_TRUE(is_error(writing, EPERM)) << writing;
}

ASYNC_TEST(wait_readable, of_no_descriptor_is_an_error) {
  const auto none = co_await error_of_wait(wait_readable(-1));
  EXPECT_TRUE(is_error(none, EBADF)) << none;
}

ASYNC_TEST(wait_readable, may_be_cancelled_and_then_closed) {
  socket_pair pair;
  auto waiting = spawn(wait_readable, pair.here.get());
  co_await sleep(1ms);
  waiting.cancel();
  co_await waiting.wait();
  EXPECT_TRUE(waiting.cancelled());
  const int number = pair.here.get();
  pair.here = detail::unique_fd{};
  // The number is used again, by something that is ready.
  const socket_pair next;
  EXPECT_EQ(next.here.get(), number);
  co_await wait_writable(next.here.get());
}

TEST(wait_readable, cancelled_and_shut_down_at_every_await) {
  const auto body = []() -> awaitable<void> {
    const socket_pair pair;
    auto waiting = spawn(wait_readable, pair.here.get());
    co_await yield();
    ::send(pair.there.get(), "x", 1, 0);
    co_await waiting;
  };
  EXPECT_GE(testing::cancel_at_every_await(body, []() -> awaitable<void> { co_return; }), 2U);
  EXPECT_GE(testing::shut_down_at_every_await(body, [] {}), 2U);
}

}  // namespace bight::readiness_test
