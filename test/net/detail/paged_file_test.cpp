// Files that are in memory, and files that are not.
#include <bight/net/detail/paged_file.hpp>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <bight/core.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/net/stream.hpp>
#include <bight/testing.hpp>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <optional>
#include <string>

#include "support/program.hpp"
#include "support/sockets.hpp"

namespace bight::net::paged_file_test {

using detail::paged_file;
using test::every_transport;
using test::tcp_pair;

// A file of a scratch folder, on the storage.
class stored_file {
 public:
  explicit stored_file(const std::string& content)
      : fd_(::open(folder_.write("file", content).c_str(), O_RDWR | O_CLOEXEC)) {
    ::fsync(fd_.get());
  }
  int get() const noexcept { return fd_.get(); }
  /// Takes it out of memory. It may come back at any time: a read that finds nothing begins to fetch it.
  void cool_down() const { ::posix_fadvise(get(), 0, 0, POSIX_FADV_DONTNEED); }
  /// False where files are in memory for good, as in tmpfs.
  bool can_be_cold() const {
    char byte = 0;
    const iovec where{&byte, 1};
    return ::preadv2(get(), &where, 1, 0, RWF_NOWAIT) >= 0 || errno == EAGAIN;
  }

 private:
  test::scratch_folder folder_;
  bight::detail::unique_fd fd_;
};

// What reads without waiting are answered with.
class injected {
 public:
  explicit injected(int error) { paged_file::injected_error = error; }
  injected(const injected&) = delete;
  injected& operator=(const injected&) = delete;
  ~injected() { paged_file::injected_error = 0; }
};

// Turns that other tasks get while it is awaited.
template <class Work>
awaitable<int> turns_during(Work work) {
  int turns = 0;
  auto others = spawn([&]() -> awaitable<void> {
    while (true) {
      co_await yield();
      ++turns;
    }
  });
  co_await yield();  // they run now
  const int before = turns;
  co_await work();
  const int during = turns - before;
  others.cancel();
  co_await others.wait();
  co_return during;
}

ASYNC_TEST(paged_file, reads_what_is_in_memory_in_place) {
  const stored_file file{"0123456789"};
  paged_file pages{file.get()};
  std::array<std::byte, 4> buffer;
  const auto n = pages.read_now(8, buffer);
  EXPECT_EQ(n, 2U);
  EXPECT_EQ(buffer[0], std::byte{'8'});
  const auto end = pages.read_now(10, buffer);
  EXPECT_EQ(end, 0U);
  EXPECT_TRUE(pages.is_here(0, 10));
  EXPECT_FALSE(pages.is_here(0, 11)) << "nobody can tell";
  const auto later = co_await pages.read_later(3, buffer);
  EXPECT_EQ(later, 4U);
  EXPECT_EQ(buffer[0], std::byte{'3'});
}

constexpr int attempts = 200;  // the storage may be faster than we are, but not that often

ASYNC_TEST(paged_file, brings_what_is_not) {
  const auto content = test::pattern(3'000'000);
  const stored_file file{content};
  paged_file pages{file.get()};
  bool was_cold = !file.can_be_cold();
  for (int i = 0; i != attempts && !was_cold; ++i) {
    file.cool_down();
    was_cold = !pages.is_here(2'000'000, 500'000);
  }
  EXPECT_TRUE(was_cold);
  co_await pages.bring(2'000'000, 500'000, 500'000);
  EXPECT_TRUE(pages.is_here(2'000'000, 500'000));
  EXPECT_TRUE(pages.is_here(2'000'000, 1));
}

ASYNC_TEST(paged_file, asks_a_file_system_that_cannot_tell_once) {
  const stored_file file{"0123456789"};
  paged_file pages{file.get()};
  std::array<std::byte, 4> buffer;
  {
    const injected none{EOPNOTSUPP};
    EXPECT_EQ(pages.read_now(8, buffer), 2U);
  }
  const injected cold{EAGAIN};
  EXPECT_EQ(pages.read_now(8, buffer), 2U);
  EXPECT_TRUE(pages.is_here(0, 10));
  co_return;
}

// Sends the first half. Returns whether others got a turn.
template <class Make>
awaitable<bool> send_half(Make make, const stored_file& file, std::string content) {
  auto [client, server] = co_await make();
  std::uint64_t sent = 0;
  const auto half = content.substr(0, content.size() / 2);
  auto send = [&]() -> awaitable<void> { sent = co_await client.send_file(file.get(), 0, half.size()); };
  const auto turns = co_await turns_during(send);
  EXPECT_EQ(sent, half.size());
  const auto got = co_await test::read_exactly(server, half.size());
  EXPECT_TRUE(got == half);
  co_return turns != 0;
}

ASYNC_TEST(paged_file, that_is_sent_and_not_in_memory_lets_others_go_on) {
  for (const std::size_t size : {10'000U, 100'000U}) {
    const auto content = test::pattern(size);
    const stored_file file{content};
    for (const auto make : every_transport) {
      const bool warm = co_await send_half(make, file, content);
      EXPECT_FALSE(warm) << size;
      {
        const injected answer{EAGAIN};
        const bool cold = co_await send_half(make, file, content);
        EXPECT_TRUE(cold) << size;
      }
      bool cold = !file.can_be_cold();
      for (int i = 0; i != attempts && !cold; ++i) {
        file.cool_down();
        cold = co_await send_half(make, file, content);
      }
      EXPECT_TRUE(cold) << size;
    }
  }
}

awaitable<void> send_and_finish(stream& s, int file, std::uint64_t offset, std::uint64_t count) {
  const auto sent = co_await s.send_file(file, offset, count);
  EXPECT_EQ(sent, count);
  co_await s.shutdown_write();
}

ASYNC_TEST(paged_file, is_sent_whole_whatever_is_in_memory) {
  const auto content = test::pattern(5'000'000);
  const stored_file file{content};
  for (const int error : {EAGAIN, EOPNOTSUPP, 0}) {
    const injected answer{error};
    for (const auto make : every_transport) {
      if (error == 0) file.cool_down();
      auto [client, server] = co_await make();
      auto [sent, all] =
          co_await gather(send_and_finish(client, file.get(), 1'000, 4'500'000), test::read_all(server));
      EXPECT_TRUE(all == content.substr(1'000, 4'500'000)) << error;
    }
  }
}

// As a server does, which gives each piece a time limit.
awaitable<void> send_by_pieces(stream& s, int file, std::uint64_t size) {
  constexpr std::uint64_t piece = 64U << 10U;
  for (std::uint64_t sent = 0; sent != size;)
    sent += co_await s.send_file(file, sent, std::min(piece, size - sent));
}

ASYNC_TEST(paged_file, is_sent_whole_by_many_calls_and_another_under_the_same_number) {
  const auto content = test::pattern(1'500'000);
  const auto other = test::pattern(100'000).substr(1'000);
  const stored_file first{content};
  const stored_file second{other};
  const bight::detail::unique_fd number{::fcntl(first.get(), F_DUPFD_CLOEXEC, 0)};
  for (const int error : {EAGAIN, 0}) {
    const injected answer{error};
    for (const auto make : every_transport) {
      auto [client, server] = co_await make();
      auto send = [&]() -> awaitable<void> {
        for (int i = 0; i != 2; ++i) {
          first.cool_down();
          second.cool_down();
          CO_ASSERT_EQ(::dup3(first.get(), number.get(), O_CLOEXEC), number.get());
          co_await send_by_pieces(client, number.get(), content.size());
          CO_ASSERT_EQ(::dup3(second.get(), number.get(), O_CLOEXEC), number.get());
          co_await send_by_pieces(client, number.get(), other.size());
        }
        co_await client.shutdown_write();
      };
      auto [sent, all] = co_await gather(send(), test::read_all(server));
      EXPECT_TRUE(all == content + other + content + other) << error;
    }
  }
}

ASYNC_TEST(paged_file, that_ends_early_or_is_none_is_told_as_ever) {
  const stored_file file{"0123456789"};
  for (const int error : {EAGAIN, EOPNOTSUPP}) {
    const injected answer{error};
    for (const auto make : every_transport) {
      auto [client, server] = co_await make();
      const auto part = co_await client.send_file(file.get(), 6, 1'000'000);
      EXPECT_EQ(part, 4U);
      const auto none = co_await test::error_of(client.send_file(-1, 0, 10));
      EXPECT_EQ(none.code(), boost::system::errc::bad_file_descriptor);
    }
  }
}

ASYNC_TEST(paged_file, whose_sending_is_cancelled_at_every_turn_leaves_no_doubt) {
  const auto content = test::pattern(2'000'000);
  const stored_file file{content};
  const injected cold{EAGAIN};
  for (const auto make : every_transport) {
    for (int turns = 0; turns != 12; ++turns) {
      auto [client, server] = co_await make();
      auto sending =
          spawn([&]() -> awaitable<std::uint64_t> { return client.send_file(file.get(), 0, 2'000'000); });
      for (int i = 0; i != turns; ++i) co_await yield();
      sending.cancel();
      co_await sending.wait();
      CO_ASSERT_TRUE(sending.cancelled());  // nobody reads: it cannot have sent all
      boost::system::error_code broken;
      try {
        co_await client.write("|");
        co_await client.shutdown_write();
      } catch (const boost::system::system_error& e) { broken = e.code(); }
      if (broken) {
        EXPECT_EQ(broken, errc::stream_broken);
      } else {
        const auto all = co_await test::read_all(server);
        EXPECT_EQ(all, "|") << "a part was sent, and the stream is not broken";
      }
    }
  }
}

ASYNC_TEST(paged_file, whose_stream_is_aborted_meanwhile_ends) {
  const stored_file file{test::pattern(2'000'000)};
  const injected cold{EAGAIN};
  auto [client, server] = co_await tcp_pair();
  auto sending =
      spawn([&]() -> awaitable<std::uint64_t> { return client.send_file(file.get(), 0, 2'000'000); });
  co_await yield();
  CO_ASSERT_FALSE(sending.done());
  client.abort();
  co_await sending.wait();
  try {
    static_cast<void>(sending.result());
    ADD_FAILURE();
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), boost::asio::error::operation_aborted);
  }
}

}  // namespace bight::net::paged_file_test
