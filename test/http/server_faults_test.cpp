// What a server makes of requests and connections that come in pieces, late, cut off or not at all: at every
// byte.
#include <bight/http/server.hpp>

#include <bight/core/clock.hpp>
#include <bight/core/task.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/faults.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <string>
#include <string_view>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"

namespace bight::http::server_faults_test {

using namespace std::chrono_literals;
using test::echo;
using test::peer;
using ::testing::EndsWith;
using testing::faults;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct sample {
  const char* name;
  std::string_view request;
  std::string_view answer;  // the body of it
};
constexpr sample samples[] = {
    {"GET", "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /hello"},
    {"Content-Length",
     "POST /in HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 11\r\n\r\nhello world",
     "POST /in hello world"},
    {"chunked",
     "POST /in HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
     "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-T: 1\r\n\r\n",
     "POST /in hello world"},
};
std::size_t head_size(const sample& s) { return s.request.find("\r\n\r\n") + 4; }

// What the client got, and how long the connection lived.
class outcome {
 public:
  outcome() = default;
  std::string got;
  clock::duration took{};
};

// Sends a request to a server on whose end of the connection something goes wrong, and reads to the end.
awaitable<outcome> ask(std::string_view request, faults wrong, bool finish = false) {
  const test::log_capture log;
  server s{echo};
  auto [mine, other] = net::memory_pipe();
  auto end = testing::with_faults(std::move(other), std::move(wrong));
  const auto start = clock::now();
  outcome o;
  auto serving = spawn([&]() -> awaitable<void> {
    co_await s.serve_connection(std::move(end));
    o.took = clock::now() - start;
  });
  {
    peer client{std::move(mine)};
    try {
      co_await client.send(std::string{request});
      if (finish) co_await client.stream().shutdown_write();
    } catch (const boost::system::system_error&) {}  // the server has gone
    bool more = true;
    while (more) more = co_await client.fill();
    o.got = client.buffered();
  }
  co_await serving;
  EXPECT_EQ(s.connections(), 0U);
  EXPECT_THAT(log.lines(), IsEmpty());  // a client that goes away is no news
  co_return o;
}

void expect_answer(const outcome& o, const sample& s, const std::string& when) {
  EXPECT_THAT(o.got, StartsWith("HTTP/1.1 200 OK\r\n")) << s.name << ' ' << when;
  EXPECT_THAT(o.got, EndsWith("\r\n\r\n" + std::string{s.answer})) << s.name << ' ' << when;
}

ASYNC_TEST(server_faults, a_request_may_be_split_at_every_byte) {
  for (const auto& s : samples) {
    for (std::size_t n = 0; n != s.request.size(); ++n) {
      faults wrong;
      wrong.reading.split_at(n).delay_at(n, 3s);
      const auto o = co_await ask(s.request, std::move(wrong));
      expect_answer(o, s, "split at " + std::to_string(n));
    }
    faults wrong;
    wrong.reading.split_every(1);
    wrong.writing.split_every(1);
    const auto o = co_await ask(s.request, std::move(wrong));
    expect_answer(o, s, "byte by byte");
  }
}

ASYNC_TEST(server_faults, a_reset_at_any_byte_of_a_request_ends_the_connection) {
  for (const auto& s : samples) {
    for (std::size_t n = 0; n <= s.request.size(); ++n) {
      faults wrong;
      wrong.reading.reset_at(n);
      const auto o = co_await ask(s.request, std::move(wrong));
      if (n == s.request.size())
        expect_answer(o, s, "reset behind it");
      else
        EXPECT_EQ(o.got, "") << s.name << " reset at " << n;
      EXPECT_EQ(o.took, 0s);
    }
  }
}

ASYNC_TEST(server_faults, an_end_at_any_byte_of_a_request_ends_the_connection) {
  for (const auto& s : samples) {
    for (std::size_t n = 0; n <= s.request.size(); ++n) {
      faults wrong;
      wrong.reading.end_at(n);
      const auto o = co_await ask(s.request, std::move(wrong));
      if (n == s.request.size())
        expect_answer(o, s, "ended behind it");
      else
        EXPECT_EQ(o.got, "") << s.name << " ended at " << n;
      EXPECT_EQ(o.took, 0s);
    }
  }
}

ASYNC_TEST(server_faults, a_stall_at_any_byte_of_a_request_ends_at_the_limit) {
  const server_limits limits;
  for (const auto& s : samples) {
    for (std::size_t n = 0; n != s.request.size(); ++n) {
      faults wrong;
      wrong.reading.stall_at(n);
      const auto o = co_await ask(s.request, std::move(wrong));
      if (n == 0)
        EXPECT_EQ(o.got, "") << s.name;
      else
        EXPECT_THAT(o.got, StartsWith("HTTP/1.1 408 ")) << s.name << " stalled at " << n;
      if (n == 0)
        EXPECT_EQ(o.took, limits.idle_timeout) << s.name;
      else if (n < head_size(s))
        EXPECT_EQ(o.took, limits.header_timeout) << s.name << " stalled at " << n;
      else
        EXPECT_LT(o.took, limits.body_timeout + 2s) << s.name << " stalled at " << n;
    }
  }
}

// Whatever is made of it, the client is answered or turned away, and at once.
ASYNC_TEST(server_faults, a_corrupt_byte_anywhere_has_an_end) {
  for (const auto& s : samples) {
    for (std::size_t n = 0; n != s.request.size(); ++n) {
      for (const auto mask : {std::byte{0x01}, std::byte{0x20}, std::byte{0x80}, std::byte{0xff}}) {
        faults wrong;
        wrong.reading.corrupt_at(n, mask);
        const auto o = co_await ask(s.request, std::move(wrong), true);
        EXPECT_EQ(o.took, 0s) << s.name << " corrupt at " << n << ": " << o.got;
      }
    }
  }
}

ASYNC_TEST(server_faults, an_answer_that_is_cut_off_at_any_byte_ends_the_connection) {
  const auto& s = samples[0];
  const auto whole = co_await ask(s.request, faults());
  const auto size = whole.got.size();
  for (std::size_t n = 0; n <= size; ++n) {
    faults reset;
    reset.writing.reset_at(n);
    const auto o = co_await ask(s.request, std::move(reset));
    EXPECT_EQ(o.got.size(), n);
    EXPECT_EQ(o.took, 0s);
    faults cut;
    cut.writing.end_at(n);
    const auto p = co_await ask(s.request, std::move(cut));
    EXPECT_EQ(p.got.size(), n);
  }
}

ASYNC_TEST(server_faults, an_answer_that_is_not_taken_ends_at_the_limit) {
  const auto& s = samples[0];
  const auto whole = co_await ask(s.request, faults());
  for (std::size_t n = 0; n != whole.got.size(); ++n) {
    faults wrong;
    wrong.writing.stall_at(n);
    const auto o = co_await ask(s.request, std::move(wrong));
    EXPECT_EQ(o.got.size(), n);
    EXPECT_EQ(o.took, server_limits{}.write_timeout) << n;
  }
}

}  // namespace bight::http::server_faults_test
