// Pipelined requests: answered in order, by few writes, and never kept back.
#include <bight/http/server.hpp>

#include <algorithm>
#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/net/stream.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"

namespace bight::http::server_pipelining_test {

using namespace std::chrono_literals;
using test::echo;
using test::peer;
using test::served;

std::string get(int number) { return "GET /" + std::to_string(number) + " HTTP/1.1\r\nHost: x\r\n\r\n"; }

std::string requests(int count) {
  std::string all;
  for (int i = 0; i != count; ++i) all += get(i);
  return all;
}

// Counts what would be system calls.
class counted_stream final : public net::stream_backend {
 public:
  counted_stream(net::stream inner, std::shared_ptr<int> writes)
      : inner_(inner.release()), writes_(std::move(writes)) {}
  awaitable<std::size_t> read_some(std::span<std::byte> buffer) override { return inner_->read_some(buffer); }
  std::optional<std::size_t> try_read(std::span<std::byte> buffer) override {
    return inner_->try_read(buffer);
  }
  awaitable<void> write(net::const_buffers data) override {
    ++*writes_;
    return inner_->write(data);
  }
  std::size_t try_write(net::const_buffers data) override {
    ++*writes_;
    return inner_->try_write(data);
  }
  awaitable<void> shutdown_write() override { return inner_->shutdown_write(); }
  awaitable<void> close() override { return inner_->close(); }
  void abort() noexcept override { inner_->abort(); }
  bool readable() noexcept override { return inner_->readable(); }

 private:
  std::unique_ptr<net::stream_backend> inner_;
  std::shared_ptr<int> writes_;
};

// A server, of whose connection the writes are counted.
class counted {
 public:
  explicit counted(handler h, net::memory_pipe_options pipe = {})
      : counted(net::memory_pipe(pipe), std::make_shared<int>(0), std::move(h)) {}

  int writes() const { return *writes_; }

 private:
  counted(std::pair<net::stream, net::stream> ends, std::shared_ptr<int> writes, handler h)
      : writes_(writes),
        served_(std::move(h),
                std::pair{std::move(ends.first), net::stream{std::make_unique<counted_stream>(
                                                     std::move(ends.second), std::move(writes))}}) {}

  std::shared_ptr<int> writes_;
  served served_;

 public:
  server& here = served_.server;
  peer& client = served_.client;
};

awaitable<void> expect_answers(peer& client, int from, int count) {
  for (int i = from; i != from + count; ++i) {
    const auto answer = co_await client.read_message();
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.body, "GET /" + std::to_string(i));
  }
}

ASYNC_TEST(server_pipelining, answers_come_in_order_and_in_one_write) {
  counted c{echo};
  co_await c.client.send(requests(20));
  co_await expect_answers(c.client, 0, 20);
  EXPECT_EQ(c.writes(), 1);
  EXPECT_EQ(c.here.requests(), 20U);
  co_await c.client.send(get(20));
  co_await expect_answers(c.client, 20, 1);
  EXPECT_EQ(c.writes(), 2);
}

ASYNC_TEST(server_pipelining, a_request_of_which_a_part_has_come_keeps_no_answer_back) {
  counted c{echo};
  co_await c.client.send(requests(2) + "GET /2 HT");
  co_await expect_answers(c.client, 0, 2);
  EXPECT_EQ(c.writes(), 1);
  co_await c.client.send("TP/1.1\r\nHost: x\r\n\r\n");
  co_await expect_answers(c.client, 2, 1);
  EXPECT_EQ(c.writes(), 2);
}

ASYNC_TEST(server_pipelining, a_handler_that_waits_keeps_no_answer_back) {
  event gate;
  counted c{[&](server_request& r) -> awaitable<server_response> {
    if (r.path() == "/2") co_await gate.wait();
    co_return server_response{200, "GET " + std::string{r.path()}};
  }};
  co_await c.client.send(requests(4));
  co_await expect_answers(c.client, 0, 2);
  EXPECT_EQ(c.writes(), 1);
  gate.set();
  co_await expect_answers(c.client, 2, 2);
  EXPECT_EQ(c.writes(), 2);
}

ASYNC_TEST(server_pipelining, a_handler_runs_for_one_request_at_a_time) {
  int running = 0;
  int most = 0;
  counted c{[&](server_request& r) -> awaitable<server_response> {
    most = std::max(most, ++running);
    co_await sleep(1ms);
    --running;
    co_return server_response{200, "GET " + std::string{r.path()}};
  }};
  co_await c.client.send(requests(5));
  co_await expect_answers(c.client, 0, 5);
  EXPECT_EQ(most, 1);
}

ASYNC_TEST(server_pipelining, an_answer_of_another_kind_comes_behind_those_before_it) {
  counted c{[](server_request& r) -> awaitable<server_response> {
    if (r.path() != "/1") co_return server_response{200, "GET " + std::string{r.path()}};
    body_producer pieces = [](body_writer& out) -> awaitable<void> { co_await out.write("streamed"); };
    co_return server_response{200, body::produce(std::move(pieces), 8)};
  }};
  co_await c.client.send(requests(3));
  co_await expect_answers(c.client, 0, 1);
  const auto streamed = co_await c.client.read_message();
  EXPECT_EQ(streamed.body, "streamed");
  co_await expect_answers(c.client, 2, 1);
}

ASYNC_TEST(server_pipelining, a_refusal_comes_behind_the_answers_and_in_the_same_write) {
  counted c{echo};
  co_await c.client.send(requests(3) + "GET / HTTP/1.1\r\n\r\n");
  co_await expect_answers(c.client, 0, 3);
  const auto refusal = co_await c.client.read_message();
  EXPECT_EQ(refusal.status(), 400);
  EXPECT_EQ(refusal.field("Connection"), "close");
  EXPECT_EQ(c.writes(), 1);
}

ASYNC_TEST(server_pipelining, an_answer_is_sent_although_the_next_request_breaks_off) {
  counted c{echo};
  co_await c.client.send(get(0) + "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
  co_await c.client.stream().shutdown_write();
  co_await expect_answers(c.client, 0, 1);
  const auto rest = co_await c.client.read_to_end();
  EXPECT_EQ(rest, "");
}

ASYNC_TEST(server_pipelining, may_be_split_at_every_byte) {
  const auto post = "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  const auto chunked =
      "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n0\r\n\r\n";
  const auto all = get(0) + post + chunked + get(3);
  for (std::size_t at = 1; at != all.size(); ++at) {
    served s{echo};
    co_await s.send(all.substr(0, at));
    co_await testing::settle();
    co_await s.send(all.substr(at));
    for (const auto* const expected : {"GET /0", "POST /1 abc", "POST /2 def", "GET /3"}) {
      const auto answer = co_await s.answer();
      EXPECT_EQ(answer.body, expected) << at;
    }
  }
}

// The server neither reads on nor collects answers without end while the client does not read.
ASYNC_TEST(server_pipelining, a_client_that_does_not_read_is_not_answered_without_end) {
  constexpr int count = 20'000;
  net::memory_pipe_options pipe;
  pipe.capacity = 4096;
  counted c{echo, pipe};
  auto sending = spawn([&]() -> awaitable<void> { co_await c.client.send(requests(count)); });
  co_await testing::settle();
  EXPECT_FALSE(sending.done());
  EXPECT_LT(c.here.requests(), 2000U);
  co_await expect_answers(c.client, 0, count);
  co_await sending;
}

// What is little lies in the connection itself, what is more in a buffer of its own: both in one request.
ASYNC_TEST(server_pipelining, a_head_stays_where_it_is_while_a_large_body_comes) {
  for (const std::size_t padding : {0U, 800U, 960U, 2000U, 12'000U}) {
    const std::string value(padding, 'v');
    served s{[&](server_request& r) -> awaitable<server_response> {
      if (r.method() == method::get) co_return server_response{200};
      const auto before = r.headers().get("A");
      const auto text = co_await r.text();
      EXPECT_EQ(before, value);
      EXPECT_EQ(r.path(), "/large");
      EXPECT_EQ(r.authority(), "host.example");
      co_return server_response{200, std::to_string(text.size())};
    }};
    const std::string body(100'000, 'b');
    co_await s.send("POST /large HTTP/1.1\r\nHost: host.example\r\nA: " + value +
                    "\r\nContent-Length: 100000\r\n\r\n" + body + get(1));
    const auto answer = co_await s.answer();
    EXPECT_EQ(answer.body, "100000");
    const auto next = co_await s.answer();
    EXPECT_EQ(next.status(), 200);
  }
}

}  // namespace bight::http::server_pipelining_test
