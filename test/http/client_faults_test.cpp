// What a client makes of responses that come in pieces, late, cut off or not at all: at every byte.
#include <bight/http/client.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/error.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/http_peer.hpp"

namespace bight::http::client_faults_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using test::scripted_server;
using ::testing::AnyOf;
using ::testing::Eq;
using testing::fake_connection;
using ::testing::HasSubstr;
namespace sys = boost::system::errc;

enum class framing : std::uint8_t { length, chunked, close };

// A response whose end is known in one of the three ways, and its body.
struct sample {
  const char* name;
  framing ends_by;
  std::string_view bytes;
};
constexpr std::string_view body = "hello world";
constexpr sample samples[] = {
    {"Content-Length", framing::length, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX-A: b\r\n\r\nhello world"},
    {"chunked", framing::chunked,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-T: "
     "1\r\n\r\n"},
    {"until close", framing::close, "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nhello world"},
};
std::size_t head_size(const sample& s) { return s.bytes.find("\r\n\r\n") + 4; }
// From where on the body is known to be whole. A server that closes after the last chunk, without the line
// that ends the trailers, has broken a rule and is understood.
std::size_t whole_at(const sample& s) {
  constexpr std::string_view last_chunk = "\r\n0\r\n";
  return s.ends_by == framing::chunked ? s.bytes.find(last_chunk) + last_chunk.size() : s.bytes.size();
}

// How a request ended.
class outcome {
 public:
  outcome() = default;
  bool whole() const noexcept { return !error && text == body; }

  std::string text;
  boost::system::error_code error;
  std::string message;
  bool deviates = false;
  clock::duration took{};
  std::size_t connects = 0;
};

awaitable<outcome> ask(client& c, request r) {
  outcome o;
  const auto start = clock::now();
  try {
    auto answer = co_await c.send(std::move(r));
    o.text = co_await answer.text();
    o.deviates = answer.deviates();
  } catch (const system_error& e) {
    o.error = e.code();
    o.message = e.what();
  }
  o.took = clock::now() - start;
  co_return o;
}

using fault = std::function<void(testing::fault_script&)>;

// Gets `s` once, with something wrong with what the client reads.
awaitable<outcome> get_once(const sample& s, fault wrong) {
  testing::fake_network network;
  const auto inside = network.use();
  network.on_connection([&](fake_connection& c) { wrong(c.client.reading); });
  const scripted_server server{[&](test::peer& p) -> awaitable<void> {
    co_await p.read_message();
    co_await p.send(std::string{s.bytes});
    if (s.ends_by == framing::close) co_await p.stream().shutdown_write();
    co_await p.read_to_end();  // the client closes
  }};
  client c;
  request r{url{server.url("/path")}};
  auto o = co_await ask(c, std::move(r));
  o.connects = network.connects();
  EXPECT_LE(c.connections(), 1U);
  EXPECT_EQ(c.connections(), c.idle_connections());
  if (o.error) {
    EXPECT_EQ(c.connections(), 0U);
    EXPECT_THAT(o.message, HasSubstr("/path"));
  }
  EXPECT_EQ(o.connects, 1U);
  co_return o;
}

ASYNC_TEST(client_faults, a_response_may_be_split_at_every_byte) {
  for (const auto& s : samples) {
    for (std::size_t n = 0; n <= s.bytes.size(); ++n) {
      const auto o = co_await get_once(s, [&](testing::fault_script& f) { f.split_at(n).delay_at(n, 5s); });
      EXPECT_TRUE(o.whole()) << s.name << " split at " << n << ": " << o.message;
      EXPECT_LE(o.took, 5s);
    }
    const auto o = co_await get_once(s, [](testing::fault_script& f) { f.split_every(1); });
    EXPECT_TRUE(o.whole()) << s.name << " byte by byte: " << o.message;
    EXPECT_EQ(o.took, 0s);
  }
}

ASYNC_TEST(client_faults, a_reset_at_any_byte_is_an_error_and_never_a_body) {
  for (const auto& s : samples) {
    for (std::size_t n = 0; n <= s.bytes.size(); ++n) {
      const auto o = co_await get_once(s, [&](testing::fault_script& f) { f.reset_at(n); });
      if (n == s.bytes.size() && s.ends_by != framing::close) {
        EXPECT_TRUE(o.whole()) << s.name << ": " << o.message;
      } else {
        EXPECT_EQ(o.error, sys::connection_reset) << s.name << " reset at " << n << ": " << o.text;
      }
      EXPECT_EQ(o.took, 0s);
    }
  }
}

ASYNC_TEST(client_faults, an_end_at_any_byte_is_an_error_unless_it_may_be_the_end) {
  for (const auto& s : samples) {
    for (std::size_t n = 0; n <= s.bytes.size(); ++n) {
      const auto o = co_await get_once(s, [&](testing::fault_script& f) { f.end_at(n); });
      if (s.ends_by == framing::close && n >= head_size(s)) {
        EXPECT_FALSE(o.error) << o.message;
        EXPECT_EQ(o.text, body.substr(0, n - head_size(s)));
      } else if (n >= whole_at(s)) {
        EXPECT_TRUE(o.whole()) << s.name << " ended at " << n << ": " << o.message;
        EXPECT_EQ(o.deviates, n != s.bytes.size());
      } else {
        const auto expected = n == 0 ? errc::server_closed : errc::truncated;
        EXPECT_EQ(o.error, expected) << s.name << " ended at " << n << ": " << o.message << o.text;
      }
      EXPECT_EQ(o.took, 0s);
    }
  }
}

ASYNC_TEST(client_faults, a_stall_at_any_byte_ends_at_the_limit) {
  const client_timeouts limits;
  for (const auto& s : samples) {
    for (std::size_t n = 0; n <= s.bytes.size(); ++n) {
      const auto o = co_await get_once(s, [&](testing::fault_script& f) { f.stall_at(n); });
      if (n == s.bytes.size() && s.ends_by != framing::close) {
        EXPECT_TRUE(o.whole()) << s.name << ": " << o.message;
        continue;
      }
      EXPECT_EQ(o.error, bight::errc::timed_out) << s.name << " stalled at " << n;
      EXPECT_EQ(o.took, n < head_size(s) ? limits.first_byte : limits.read) << s.name << " stalled at " << n;
    }
  }
}

// Whatever is made of it, there is an end, and at once: the server closes after the response.
ASYNC_TEST(client_faults, a_corrupt_byte_anywhere_has_an_end) {
  for (const auto& s : samples) {
    for (std::size_t n = 0; n != s.bytes.size(); ++n) {
      for (const auto mask : {std::byte{0x01}, std::byte{0x20}, std::byte{0x80}, std::byte{0xff}}) {
        const auto o = co_await get_once(
            s, [&](testing::fault_script& f) { f.corrupt_at(n, mask).end_at(s.bytes.size()); });
        EXPECT_EQ(o.took, 0s) << s.name << " corrupt at " << n << ": " << o.message;
      }
    }
  }
}

// Of a coded body the coding knows the end, whatever ends the message.
constexpr char gzipped[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\x28\xcf\x2f\xca"
    "\x49\x01\x00\x85\x11\x4a\x0d\x0b\x00\x00\x00";

ASYNC_TEST(client_faults, a_coded_body_that_is_cut_off_is_an_error) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
  const std::string bytes = head + std::string{gzipped, sizeof gzipped - 1};
  const sample s{"gzip until close", framing::close, bytes};
  for (std::size_t n = head.size() + 1; n <= bytes.size(); ++n) {
    const auto o = co_await get_once(s, [&](testing::fault_script& f) { f.end_at(n).split_every(3); });
    if (n == bytes.size())
      EXPECT_TRUE(o.whole()) << o.message;
    else
      EXPECT_EQ(o.error, errc::truncated) << "ended at " << n << ": " << o.message << o.text;
  }
}

// The second request of a connection that was kept, with something wrong with the answer.
awaitable<outcome> ask_again(const sample& s, method m, fault wrong) {
  testing::fake_network network;
  const auto inside = network.use();
  network.on_connection([&](fake_connection& c) {
    if (c.number == 0) wrong(c.client.reading);
  });
  const auto server = scripted_server::always(std::string{s.bytes});
  client c;
  request first{url{server->url("/")}};
  const auto before = co_await ask(c, std::move(first));
  EXPECT_TRUE(before.whole()) << before.message;
  EXPECT_EQ(c.idle_connections(), 1U);
  request second{m, url{server->url("/again")}};
  auto o = co_await ask(c, std::move(second));
  o.connects = network.connects();
  EXPECT_EQ(c.connections(), c.idle_connections());
  co_return o;
}

ASYNC_TEST(client_faults, a_kept_connection_that_died_unanswered_is_replaced_for_idempotent_methods) {
  for (const auto& s : {samples[0], samples[1]}) {
    const auto size = s.bytes.size();
    const fault deaths[] = {[size](testing::fault_script& f) { f.delay_at(size, 1ms).reset_at(size); },
                            [size](testing::fault_script& f) { f.delay_at(size, 1ms).end_at(size); }};
    for (const auto& death : deaths) {
      const auto get = co_await ask_again(s, method::get, death);
      EXPECT_TRUE(get.whole()) << s.name << ": " << get.message;
      EXPECT_EQ(get.connects, 2U);
      const auto post = co_await ask_again(s, method::post, death);
      EXPECT_THAT(post.error, AnyOf(Eq(sys::connection_reset), Eq(errc::server_closed))) << s.name;
      EXPECT_EQ(post.connects, 1U);
    }
  }
}

ASYNC_TEST(client_faults, a_kept_connection_that_is_known_to_be_dead_is_replaced_for_every_method) {
  for (const auto& s : {samples[0], samples[1]}) {
    const auto size = s.bytes.size();
    const fault deaths[] = {[size](testing::fault_script& f) { f.reset_at(size); },
                            [size](testing::fault_script& f) { f.end_at(size); }};
    for (const auto& death : deaths) {
      for (const method m : {method::get, method::post}) {
        const auto o = co_await ask_again(s, m, death);
        EXPECT_TRUE(o.whole()) << s.name << ": " << o.message;
        EXPECT_EQ(o.connects, 2U);
      }
    }
  }
}

ASYNC_TEST(client_faults, a_kept_connection_that_died_in_an_answer_is_not_replaced) {
  for (const auto& s : {samples[0], samples[1]}) {
    const auto size = s.bytes.size();
    for (std::size_t n = 1; n != size; ++n) {
      const auto reset =
          co_await ask_again(s, method::get, [&](testing::fault_script& f) { f.reset_at(size + n); });
      EXPECT_EQ(reset.error, sys::connection_reset) << s.name << " reset at " << n;
      EXPECT_EQ(reset.connects, 1U);
      const auto cut =
          co_await ask_again(s, method::get, [&](testing::fault_script& f) { f.end_at(size + n); });
      if (n >= whole_at(s))
        EXPECT_TRUE(cut.whole()) << s.name << " ended at " << n << ": " << cut.message;
      else
        EXPECT_EQ(cut.error, errc::truncated) << s.name << " ended at " << n;
      EXPECT_EQ(cut.connects, 1U);
    }
  }
}

// What the client sends is lost from some byte on.
ASYNC_TEST(client_faults, a_request_that_is_cut_off_at_any_byte_is_an_error) {
  for (std::size_t n = 0; n != 60; ++n) {
    testing::fake_network network;
    const auto inside = network.use();
    network.on_connection([&](fake_connection& c) { c.client.writing.reset_at(n); });
    const auto server = scripted_server::always(std::string{samples[0].bytes});
    client c;
    request r{method::post, url{server->url("/path")}};
    r.set_body("a body of some length");
    const auto o = co_await ask(c, std::move(r));
    EXPECT_EQ(o.error, sys::connection_reset) << n << ": " << o.message;
    EXPECT_THAT(o.message, HasSubstr("/path"));
    EXPECT_EQ(c.connections(), 0U);
    EXPECT_TRUE(server->requests().empty());
  }
}

}  // namespace bight::http::client_faults_test
