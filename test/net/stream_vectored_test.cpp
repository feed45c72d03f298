// Vectored writes: any number of pieces, on every transport, in as few system calls as there can be.
#include <bight/net/stream.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <bight/core/gather.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/const_buffers.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/faults.hpp>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/sockets.hpp"

namespace bight::net::stream_vectored_test {

using namespace std::chrono_literals;
using test::every_transport;
using test::pattern;
using test::read_all;
using test::read_exactly;
using test::tcp_pair;

// `count` pieces of 0 to `largest` bytes, and the text that they are together.
class scattered {
 public:
  scattered(std::size_t count, std::size_t largest) : text_(pattern(count * largest)) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i != count; ++i) {
      const auto size = (i * 7 + 3) % (largest + 1);
      pieces_.push_back(std::as_bytes(std::span{text_}).subspan(begin, size));
      begin += size;
    }
    size_ = begin;
  }
  const std::vector<std::span<const std::byte>>& pieces() const noexcept { return pieces_; }
  std::string_view text() const noexcept { return std::string_view{text_}.substr(0, size_); }

 private:
  std::string text_;
  std::vector<std::span<const std::byte>> pieces_;
  std::size_t size_ = 0;
};

awaitable<void> write_all_of(stream& to, const scattered& what) {
  co_await to.write(what.pieces());
  co_await to.shutdown_write();
}

ASYNC_TEST(stream_vectored, any_number_of_pieces_arrives_in_order) {
  for (const auto make : every_transport) {
    for (const std::size_t count : {0U, 1U, 2U, 3U, 100U, 5'000U}) {
      auto [client, server] = co_await make();
      const scattered what{count, 100};
      auto [written, all] = co_await gather(write_all_of(client, what), read_all(server));
      EXPECT_TRUE(all == what.text()) << count;
    }
  }
}

// Partial writes end anywhere in a piece.
ASYNC_TEST(stream_vectored, large_pieces_go_through_small_buffers) {
  for (const std::size_t largest : {1'000U, 70'000U}) {
    auto [client, server] = co_await tcp_pair();
    test::shrink_buffers(client, 16 * 1024);
    test::shrink_buffers(server, 16 * 1024);
    const scattered what{3'000'000 / largest, largest};
    auto [written, all] = co_await gather(write_all_of(client, what), read_all(server));
    EXPECT_TRUE(all == what.text()) << largest;
  }
}

ASYNC_TEST(stream_vectored, a_pipe_of_three_bytes_carries_them_too) {
  const memory_pipe_options options{.capacity = 3};
  auto [client, server] = memory_pipe(options);
  const scattered what{200, 9};
  auto [written, all] = co_await gather(write_all_of(client, what), read_all(server));
  EXPECT_TRUE(all == what.text());
}

ASYNC_TEST(stream_vectored, faults_strike_at_their_byte) {
  testing::faults script;
  script.writing.split_every(4).corrupt_at(5, std::byte{0x20});
  auto [client, server] = memory_pipe();
  client = testing::with_faults(std::move(client), script);
  const std::string_view text = "abcdefghijklm";
  const auto bytes = std::as_bytes(std::span{text});
  const std::vector pieces{bytes.first(1), bytes.subspan(1, 6), bytes.subspan(7, 2), bytes.subspan(9)};
  co_await client.write(pieces);
  const auto all = co_await read_exactly(server, text.size());
  EXPECT_EQ(all, "abcdeFghijklm");
}

ASYNC_TEST(stream_vectored, try_write_takes_a_part_and_write_does_the_rest) {
  for (const auto make : every_transport) {
    auto [client, server] = co_await make();
    const scattered what{2'000, 10'000};
    const auto n = client.try_write(what.pieces());
    EXPECT_GT(n, 0U);
    EXPECT_LT(n, what.text().size());
    auto send_rest = [&]() -> awaitable<void> {
      co_await client.write(what.text().substr(n));
      co_await client.shutdown_write();
    };
    auto [written, all] = co_await gather(send_rest(), read_all(server));
    EXPECT_TRUE(all == what.text());
  }
}

ASYNC_TEST(stream_vectored, cancelled_between_two_pieces_it_breaks_the_stream) {
  const memory_pipe_options options{.capacity = 6};
  auto [client, server] = memory_pipe(options);
  const scattered what{10, 5};
  const auto late = co_await test::error_of(wait_for(client.write(what.pieces()), 1s));
  EXPECT_EQ(late.code(), bight::errc::timed_out);
  const auto broken = co_await test::error_of(client.write("x"));
  EXPECT_EQ(broken.code(), errc::stream_broken);
}

// Segments that carried data (tcpi_data_segs_out of Linux, which the headers of glibc do not know). Small
// writes leave at once, each in one segment, so it counts system calls.
std::uint32_t segments_sent(const stream& s) {
  constexpr std::size_t offset = 156;
  std::array<std::byte, 256> info{};
  socklen_t size = info.size();
  std::uint32_t count = 0;
  if (::getsockopt(s.native_handle(), IPPROTO_TCP, TCP_INFO, info.data(), &size) == 0 &&
      size >= offset + sizeof count)
    std::memcpy(&count, info.data() + offset, sizeof count);
  return count;
}

ASYNC_TEST(stream_vectored, takes_one_system_call_for_as_many_pieces_as_the_kernel_takes) {
  auto [client, server] = co_await tcp_pair();
  co_await client.write("x");
  auto before = segments_sent(client);
  if (before == 0) co_return;  // this kernel does not count them
  for (const std::size_t count : {1U, 2U, 3U, static_cast<unsigned>(IOV_MAX), IOV_MAX + 1U, 5'000U}) {
    const std::vector<std::span<const std::byte>> pieces(count, std::as_bytes(std::span{"abc", 3}));
    co_await client.write(pieces);
    const auto all = co_await read_exactly(server, 3 * count + (before == 1 ? 1 : 0));
    const auto now = segments_sent(client);
    EXPECT_EQ(now - before, (count + IOV_MAX - 1) / IOV_MAX) << count;
    before = now;
  }
}

}  // namespace bight::net::stream_vectored_test
