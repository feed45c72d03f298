// stream::send_file, over sockets and over everything else.
#include <bight/net/stream.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/errc.hpp>
#include <stdexcept>
#include <string>

#include "support/sockets.hpp"

namespace bight::net::stream_send_file_test {

using namespace std::chrono_literals;
using test::error_of;
using test::every_transport;
using test::read_all;
using test::tcp_pair;
namespace sys = boost::system::errc;
using ::testing::AnyOf;
using ::testing::Eq;

class file_in_memory {
 public:
  explicit file_in_memory(std::string_view content) : descriptor_(::memfd_create("test", MFD_CLOEXEC)) {
    while (!content.empty()) {
      const auto n = ::write(descriptor_, content.data(), content.size());
      if (n <= 0) throw std::runtime_error("write failed");
      content.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  file_in_memory(const file_in_memory&) = delete;
  file_in_memory& operator=(const file_in_memory&) = delete;
  ~file_in_memory() { ::close(descriptor_); }
  int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

awaitable<std::uint64_t> send_and_finish(stream& s, int file, std::uint64_t offset, std::uint64_t count) {
  const auto sent = co_await s.send_file(file, offset, count);
  co_await s.shutdown_write();
  co_return sent;
}

ASYNC_TEST(send_file, sends_the_part_that_was_asked_for) {
  const auto content = test::pattern(5'000'000);
  const file_in_memory file{content};
  ::lseek(file.get(), 17, SEEK_SET);
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    auto [sent, all] =
        co_await gather(send_and_finish(client, file.get(), 1'000, 4'500'000), read_all(server));
    EXPECT_EQ(sent, 4'500'000U);
    EXPECT_TRUE(all == content.substr(1'000, 4'500'000));
    EXPECT_EQ(::lseek(file.get(), 0, SEEK_CUR), 17);  // its position is as it was
  }
}

ASYNC_TEST(send_file, ends_early_where_the_file_does) {
  const file_in_memory file{"0123456789"};
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    const auto part = co_await client.send_file(file.get(), 6, 100);
    EXPECT_EQ(part, 4U);
    const auto past_the_end = co_await client.send_file(file.get(), 11, 5);
    EXPECT_EQ(past_the_end, 0U);
    const auto nothing = co_await client.send_file(file.get(), 0, 0);
    EXPECT_EQ(nothing, 0U);
    const auto absurd = co_await client.send_file(file.get(), 8, ~std::uint64_t{0} >> 1U);
    EXPECT_EQ(absurd, 2U);
    co_await client.write("|end");
    co_await client.close();
    const auto all = co_await read_all(server);
    EXPECT_EQ(all, "678989|end");
  }
}

ASYNC_TEST(send_file, reports_a_file_that_cannot_be_read) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    const auto error = co_await error_of(client.send_file(-1, 0, 10));
    EXPECT_EQ(error.code(), sys::bad_file_descriptor);
    co_await client.write("usable");
    const auto text = co_await test::read_exactly(server, 6);
    EXPECT_EQ(text, "usable");
  }
}

// sendfile(2) has no MSG_NOSIGNAL: it would be the end of the process.
ASYNC_TEST(send_file, to_a_peer_that_has_gone_is_an_error_and_no_signal) {
  const file_in_memory file{test::pattern(100'000)};
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    server.abort();
    auto send_on = [&]() -> awaitable<void> {
      while (true) {
        static_cast<void>(co_await client.send_file(file.get(), 0, 100'000));
        co_await yield();
      }
    };
    const auto error = co_await error_of(wait_for(send_on(), 5s));
    EXPECT_THAT(error.code(), AnyOf(Eq(sys::connection_reset), Eq(sys::broken_pipe)));
  }
}

ASYNC_TEST(send_file, that_is_cancelled_half_way_breaks_the_stream) {
  const file_in_memory file{test::pattern(30'000'000)};
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    const auto error = co_await error_of(wait_for(client.send_file(file.get(), 0, 30'000'000), 20ms));
    EXPECT_EQ(error.code(), bight::errc::timed_out);
    const auto again = co_await error_of(wait_for(client.write("more"), 5s));
    EXPECT_EQ(again.code(), errc::stream_broken);
    const auto more = co_await error_of(client.send_file(file.get(), 0, 10));
    EXPECT_EQ(more.code(), errc::stream_broken);
  }
}

ASYNC_TEST(send_file, fails_on_a_closed_stream) {
  const file_in_memory file{"x"};
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    co_await client.close();
    const auto error = co_await error_of(client.send_file(file.get(), 0, 1));
    EXPECT_EQ(error.code(), errc::stream_closed);
  }
}

ASYNC_TEST(send_file, ends_when_the_stream_is_aborted_destroyed_or_moved) {
  const file_in_memory file{test::pattern(30'000'000)};
  for (const auto make : every_transport) {
    for (int how = 0; how != 3; ++how) {
      auto [client, server] = co_await make();
      auto sender = std::make_unique<stream>(std::move(client));
      auto sending =
          spawn([&]() -> awaitable<std::uint64_t> { return sender->send_file(file.get(), 0, 30'000'000); });
      for (int i = 0; i != 4; ++i) co_await yield();
      CO_ASSERT_FALSE(sending.done());
      if (how == 0) {
        sender->abort();
      } else if (how == 1) {
        sender.reset();
      } else {
        stream moved{std::move(*sender)};
        const auto received = co_await test::read_exactly(server, 30'000'000);
        const auto sent = co_await sending;
        EXPECT_EQ(sent, 30'000'000U);
        EXPECT_EQ(received.size(), 30'000'000U);
        continue;
      }
      co_await sending.wait();
      EXPECT_THROW(static_cast<void>(sending.result()), boost::system::system_error);
    }
  }
}

ASYNC_TEST(send_file, lets_other_tasks_run) {
  const file_in_memory file{test::pattern(30'000'000)};
  auto [client, server] = co_await tcp_pair();
  bool sending = true;
  int turns = 0;
  auto count = [&]() -> awaitable<void> {
    while (sending) {
      ++turns;
      co_await yield();
    }
  };
  auto send = [&]() -> awaitable<void> {
    static_cast<void>(co_await send_and_finish(client, file.get(), 0, 30'000'000));
    sending = false;
  };
  auto [sent, all, counted] = co_await gather(send(), read_all(server), count());
  EXPECT_EQ(all.size(), 30'000'000U);
  EXPECT_GT(turns, 20);
}

}  // namespace bight::net::stream_send_file_test
