// The ring. Reads of pipes stay in flight until a test lets them end.
#include "fs/detail/ring.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bight/asio.hpp>
#include <bight/core.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/fs/backend.hpp>
#include <bight/testing.hpp>
#include <string>
#include <vector>

#include "fs/detail/service.hpp"

namespace bight::fs::detail::ring_test {

using bight::detail::unique_fd;
using kind = file_request::kind;

struct pipe_ends {
  pipe_ends() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    out = unique_fd{ends[0]};
    in = unique_fd{ends[1]};
  }
  void write(std::string_view text) const {
    EXPECT_EQ(::write(in.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  unique_fd out;
  unique_fd in;
};

// Where there is no io_uring there is nothing to test; backend_test shows what happens then.
class fs_ring : public ::testing::Test {
 public:
  void SetUp() override {
    std::string reason;
    testing::run_virtual([&]() -> awaitable<void> {
      use_backend(backend::uring);
      if (service::here()->uring()) co_return;
      reason = "BIGHT_FS is threads";
      try {
        std::make_shared<ring>(bight::detail::require_loop());
      } catch (const boost::system::system_error& e) { reason = e.what(); }
    });
    if (!reason.empty()) GTEST_SKIP() << "no io_uring: " << reason;
  }
  /// Takes the ring of the running loop.
  void begin() {
    use_backend(backend::uring);
    ring_ = service::here()->uring();
  }
  void forget() noexcept { ring_ = nullptr; }
  bool begun() const noexcept { return ring_ != nullptr; }
  ring& made() const { return *ring_; }

  static file_request read_of(const pipe_ends& p, std::string& buffer) {
    return {.what = kind::read,
            .fd = p.out.get(),
            .data = reinterpret_cast<std::byte*>(buffer.data()),
            .size = buffer.size(),
            .offset = 0};
  }
  awaitable<int> read(const pipe_ends& from, std::string& buffer) {
    ring_operation op{*ring_, "test", read_of(from, buffer)};
    co_return co_await op;
  }

 private:
  ring* ring_ = nullptr;
};

ASYNC_TEST_F(fs_ring, gives_what_the_kernel_says) {
  begin();
  const pipe_ends p;
  std::string buffer(10, '?');
  auto reading = spawn([&] { return read(p, buffer); });
  co_await yield();
  EXPECT_FALSE(reading.done());
  p.write("abc");
  const int n = co_await reading;
  EXPECT_EQ(n, 3);
  EXPECT_EQ(buffer, "abc???????");
  EXPECT_EQ(made().in_flight(), 0U);
  ring_operation wrong{made(), "test", {.what = kind::sync_all, .fd = p.out.get()}};
  const int error = co_await wrong;
  EXPECT_EQ(error, -EINVAL);
}

ASYNC_TEST_F(fs_ring, stops_what_is_cancelled_and_leaves_the_buffer_alone) {
  begin();
  const pipe_ends p;
  std::string buffer(10, '?');
  auto reading = spawn([&] { return read(p, buffer); });
  while (made().in_flight() == 0) co_await yield();
  reading.cancel();
  co_await reading.wait();
  EXPECT_TRUE(reading.cancelled());
  EXPECT_EQ(made().in_flight(), 0U);
  p.write("abc");
  auto later = co_await read(p, buffer);
  EXPECT_EQ(later, 3);
}

ASYNC_TEST_F(fs_ring, delivers_what_beat_the_cancellation) {
  begin();
  const pipe_ends p;
  std::string buffer(10, '?');
  unsigned requests = 0;
  auto reading = spawn([&]() -> awaitable<int> {
    const int n = co_await read(p, buffer);
    requests = this_task::cancelling();
    co_return n;
  });
  while (made().in_flight() == 0) co_await yield();
  p.write("abc");
  reading.cancel();  // before the loop has seen the result
  const int n = co_await reading;
  EXPECT_EQ(n, 3);
  EXPECT_EQ(requests, 1U);
}

ASYNC_TEST_F(fs_ring, keeps_in_line_what_finds_it_full) {
  begin();
  constexpr std::size_t more = 40;
  std::vector<pipe_ends> pipes(4);
  std::vector<std::string> buffers(ring::entries + more, std::string(1, '?'));
  std::vector<task<int>> reading;
  for (auto& b : buffers) {
    const auto& from = pipes[reading.size() % pipes.size()];
    reading.push_back(spawn([this, &from, &b] { return read(from, b); }));
  }
  for (int i = 0; i != 3; ++i) co_await yield();
  EXPECT_EQ(made().in_flight(), ring::entries);
  for (const auto i : {buffers.size() - 1, buffers.size() - 2, std::size_t{ring::entries}}) {
    reading[i].cancel();  // one that has not begun
    co_await reading[i].wait();
    EXPECT_TRUE(reading[i].cancelled());
    EXPECT_EQ(made().in_flight(), ring::entries);
  }
  for (const auto& p : pipes) p.write(std::string(buffers.size(), 'x'));
  std::size_t ended = 0;
  for (auto& r : reading) {
    co_await r.wait();
    ended += !r.cancelled();
  }
  EXPECT_EQ(ended, buffers.size() - 3);
  EXPECT_EQ(made().in_flight(), 0U);
}

ASYNC_TEST_F(fs_ring, cancels_many_at_once) {
  begin();
  const pipe_ends p;
  std::vector<std::string> buffers(3 * ring::entries, std::string(1, '?'));
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (auto& b : buffers) group.spawn([this, &p, &b] { return read(p, b); }).detach();
    while (made().in_flight() != ring::entries) co_await yield();
    group.cancel();
  });
  EXPECT_EQ(made().in_flight(), 0U);
  p.write("x");
  EXPECT_EQ(buffers, std::vector<std::string>(3 * ring::entries, std::string(1, '?')));
}

// The kernel is asked again and again, at growing intervals, and has everything in the end.
ASYNC_TEST_F(fs_ring, tries_again_when_the_kernel_takes_nothing) {
  begin();
  for (const int error : {EAGAIN, EBUSY, ENOMEM}) {
    int asked = 0;
    made().submit_fault = [&] { return ++asked <= 6 ? -error : 0; };
    std::vector<std::string> buffers(ring::entries + 44, std::string(1, '?'));
    const pipe_ends p;
    p.write(std::string(buffers.size(), 'x'));
    const auto start = clock::now();
    std::vector<task<int>> reading;
    for (auto& b : buffers) reading.push_back(spawn([this, &p, &b] { return read(p, b); }));
    // Turns of the loop do not ask the kernel. Time does, which stands still here, and the end of a wait for
    // operations of before.
    for (int i = 0; i != 1000; ++i) co_await yield();
    EXPECT_LE(asked, 2);
    for (auto& r : reading) {
      const int n = co_await r;
      EXPECT_EQ(n, 1);
    }
    EXPECT_EQ(buffers, std::vector<std::string>(buffers.size(), "x"));
    EXPECT_GE(asked, 8);  // six times in vain, and once for each ring full
    EXPECT_GE(clock::now() - start, std::chrono::milliseconds{1 + 2 + 4 + 8 + 16});
    EXPECT_EQ(made().in_flight(), 0U);
  }
  made().submit_fault = nullptr;
}

// What the kernel has not taken is taken back.
ASYNC_TEST_F(fs_ring, is_cancelled_while_the_kernel_takes_nothing) {
  begin();
  bool refuse = true;
  made().submit_fault = [&] { return refuse ? -EAGAIN : 0; };
  const pipe_ends p;
  std::vector<std::string> buffers(ring::entries + 3, std::string(1, '?'));
  std::vector<task<int>> reading;
  for (auto& b : buffers) reading.push_back(spawn([this, &p, &b] { return read(p, b); }));
  while (made().in_flight() == 0) co_await yield();
  for (const auto i : {std::size_t{0}, std::size_t{100}, std::size_t{ring::entries} + 1}) {
    reading[i].cancel();
    co_await reading[i].wait();
    EXPECT_TRUE(reading[i].cancelled());
  }
  refuse = false;
  p.write(std::string(buffers.size(), 'x'));
  std::size_t ended = 0;
  for (auto& r : reading) {
    co_await r.wait();
    ended += !r.cancelled();
  }
  EXPECT_EQ(ended, buffers.size() - 3);
  EXPECT_EQ(std::count(buffers.begin(), buffers.end(), "?"), 3);
  EXPECT_EQ(made().in_flight(), 0U);
  made().submit_fault = nullptr;
}

TEST_F(fs_ring, is_cancelled_and_left_behind_anywhere_while_the_kernel_takes_nothing) {
  std::vector<std::string> buffers(2, std::string(1, '?'));
  const auto body = [&]() -> awaitable<void> {
    begin();
    int asked = 0;
    made().submit_fault = [&] { return ++asked % 3 != 0 ? -EAGAIN : 0; };
    const pipe_ends p;
    p.write("xy");
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      for (auto& b : buffers) group.spawn([this, &p, &b] { return read(p, b); }).detach();
      co_return;
    });
    made().submit_fault = nullptr;
  };
  const auto later = [&]() -> awaitable<void> {
    begin();
    EXPECT_EQ(made().in_flight(), 0U);
    co_return;
  };
  EXPECT_GT(testing::cancel_at_every_await(body, later), 0U);
  EXPECT_GT(testing::shut_down_at_every_await(body, [] {}), 0U);
}

// The queue of entries may be full of what was taken back.
ASYNC_TEST_F(fs_ring, goes_on_after_many_were_taken_back) {
  begin();
  bool refuse = true;
  made().submit_fault = [&] { return refuse ? -EAGAIN : 0; };
  const pipe_ends p;
  std::string buffer(1, '?');
  for (int round = 0; round != 3; ++round) {
    std::vector<std::string> buffers(ring::entries, std::string(1, '?'));
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      for (auto& b : buffers) group.spawn([this, &p, &b] { return read(p, b); }).detach();
      while (made().in_flight() == 0 && round == 0) co_await yield();
      co_await yield();
      group.cancel();
    });
    EXPECT_EQ(made().in_flight(), 0U);
  }
  p.write("x");
  auto last = spawn([&] { return read(p, buffer); });
  co_await yield();
  refuse = false;
  const int n = co_await last;
  EXPECT_EQ(n, 1);
  EXPECT_EQ(buffer, "x");
  made().submit_fault = nullptr;
}

// What nobody uses does not keep a loop from ending.
TEST_F(fs_ring, does_not_hide_a_deadlock) {
  const auto wait_for_nothing = [&]() -> awaitable<void> {
    const pipe_ends p;
    std::string buffer(1, '?');
    begin();
    auto reading = spawn([&] { return read(p, buffer); });
    while (made().in_flight() == 0) co_await yield();
    reading.cancel();
    co_await reading.wait();
    event never;
    co_await never.wait();
  };
  EXPECT_THROW(bight::run(wait_for_nothing), deadlock_error);
  EXPECT_THROW(testing::run_virtual(wait_for_nothing), deadlock_error);
}

// The loop of a user's io_context: either may go first.
TEST_F(fs_ring, ends_with_an_io_context) {
  std::string buffer(1, '?');
  const pipe_ends p;
  for (const bool finish : {true, false}) {
    forget();  // the one of the loop before
    boost::asio::io_context io;
    auto reading = loop_of(io).spawn([&]() -> awaitable<void> {
      begin();
      static_cast<void>(co_await read(p, buffer));
    });
    if (finish) p.write("x");
    const auto timeout = std::chrono::seconds{10};
    if (finish)
      io.run_for(timeout);
    else
      while (!reading.done() && (!begun() || made().in_flight() == 0)) io.run_one_for(timeout);
    EXPECT_EQ(reading.done(), finish);
  }
}

TEST_F(fs_ring, is_left_behind_with_operations_in_flight) {
  std::vector<std::string> buffers(2, std::string(1, '?'));
  const auto awaits = testing::shut_down_at_every_await(
      [&]() -> awaitable<void> {
        begin();
        buffers.assign(ring::entries + 10, std::string(1, '?'));
        const pipe_ends p;
        co_await task_group::run([&](task_group& group) -> awaitable<void> {
          for (auto& b : buffers) group.spawn([this, &p, &b] { return read(p, b); }).detach();
          co_await yield();
          co_await yield();
          p.write(std::string(buffers.size(), 'x'));
        });
      },
      [&] { buffers.clear(); });
  EXPECT_GT(awaits, 0U);
}

TEST_F(fs_ring, is_cancelled_anywhere) {
  std::string buffer(1, '?');
  const pipe_ends p;
  const auto awaits = testing::cancel_at_every_await(
      [&]() -> awaitable<void> {
        begin();
        p.write("x");
        const auto first = co_await read(p, buffer);
        EXPECT_EQ(first, 1);
        p.write("y");
        co_await yield();
        const auto second = co_await read(p, buffer);
        EXPECT_EQ(second, 1);
      },
      [&]() -> awaitable<void> {
        begin();
        EXPECT_EQ(made().in_flight(), 0U);
        if (::fcntl(p.out.get(), F_SETFL, O_NONBLOCK) != 0) ADD_FAILURE();
        char rest = 0;
        while (::read(p.out.get(), &rest, 1) == 1) {}
        if (::fcntl(p.out.get(), F_SETFL, 0) != 0) ADD_FAILURE();
        co_return;
      });
  EXPECT_GT(awaits, 0U);
}

}  // namespace bight::fs::detail::ring_test
