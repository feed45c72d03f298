// Graceful stop, and the limit on connections.
#include <bight/http/server.hpp>

#include <array>
#include <bight/core/any_task.hpp>
#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/tls.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <string>
#include <vector>

#include "support/certificates.hpp"
#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/sockets.hpp"

namespace bight::http::server_stop_test {

using namespace std::chrono_literals;
using test::echo;
using test::peer;
using test::running;
using test::served;
using test::until;

const std::string get_hello = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

ASYNC_TEST(server_stop, closes_idle_connections_and_refuses_new_ones) {
  running r{echo};
  auto used = co_await r.connect();
  co_await used.send(get_hello);
  const auto answer = co_await used.read_message();
  EXPECT_EQ(answer.status(), 200);
  auto unused = co_await r.connect();
  co_await until([&] { return r.server.connections() == 2; });
  r.server.stop();
  co_await r.serving;
  const auto a = co_await used.read_to_end();
  EXPECT_EQ(a, "");
  const auto b = co_await unused.read_to_end();
  EXPECT_EQ(b, "");
  const auto e = co_await test::error_of(net::connect(r.where()));
  EXPECT_EQ(e.code(), boost::system::errc::connection_refused);
}

ASYNC_TEST(server_stop, answers_what_is_in_flight_and_says_close) {
  event gate;
  event entered;
  running r{[&](server_request&) -> awaitable<server_response> {
    entered.set();
    co_await gate.wait();
    co_return server_response{200, "late"};
  }};
  auto p = co_await r.connect();
  co_await p.send(get_hello + "GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await entered.wait();
  r.server.stop();
  co_await sleep(1ms);
  EXPECT_FALSE(r.serving.done());
  gate.set();
  const auto answer = co_await p.read_message();
  EXPECT_EQ(answer.body, "late");
  EXPECT_EQ(answer.field("Connection"), "close");
  const auto rest = co_await p.read_to_end();
  EXPECT_EQ(rest, "");
  p.close();
  co_await r.serving;
  EXPECT_EQ(r.server.requests(), 1U);
}

// The kernel has the requests, and the server has not polled since.
ASYNC_TEST(server_stop, answers_requests_that_have_been_received_and_not_read) {
  running r{echo};
  auto first = co_await r.connect();
  auto second = co_await r.connect();
  auto idle = co_await r.connect();
  co_await until([&] { return r.server.connections() == 3; });
  for (auto* p : {&first, &second}) EXPECT_EQ(p->stream().try_write(get_hello), get_hello.size());
  r.server.stop();
  for (auto* p : {&first, &second}) {
    const auto answer = co_await p->read_message();
    EXPECT_EQ(answer.body, "GET /hello");
    EXPECT_EQ(answer.field("Connection"), "close");
    p->close();
  }
  const auto nothing = co_await idle.read_to_end();
  EXPECT_EQ(nothing, "");
  co_await r.serving;
  EXPECT_EQ(r.server.requests(), 2U);
}

// Whoever sends while the end is on its way reads that, not a reset.
ASYNC_TEST(server_stop, hears_idle_clients_out_for_a_moment) {
  running r{echo};
  auto p = co_await r.connect();
  co_await until([&] { return r.server.connections() == 1; });
  r.server.stop();
  std::array<std::byte, 16> room;
  const auto end = co_await p.stream().read_some(room);
  EXPECT_EQ(end, 0U);
  for (int i = 0; i != 3; ++i) {
    co_await p.send(get_hello);
    co_await sleep(1ms);
    EXPECT_EQ(p.stream().try_read(room), 0U);  // an error if it was reset
  }
  const auto began = clock::now();
  co_await r.serving;
  EXPECT_LT(clock::now() - began, 1s);
  EXPECT_EQ(r.server.requests(), 0U);
}

ASYNC_TEST(server_stop, hears_idle_clients_in_memory_out_for_a_quarter_of_a_second) {
  served s{echo};
  const auto answer = co_await s.ask(get_hello);
  EXPECT_EQ(answer.status(), 200);
  const auto began = clock::now();
  s.server.stop();
  const auto nothing = co_await s.client.read_to_end();
  EXPECT_EQ(nothing, "");
  co_await s.send(get_hello);
  co_await s.serving;
  EXPECT_EQ(clock::now() - began, 250ms);
  EXPECT_EQ(s.server.requests(), 1U);
}

// The bytes are there, and the task that reads has not run since.
ASYNC_TEST(server_stop, answers_a_request_that_has_come_at_the_last_moment_in_memory) {
  served s{echo};
  co_await testing::settle();
  EXPECT_EQ(s.client.stream().try_write(get_hello), get_hello.size());
  s.server.stop();
  const auto answer = co_await s.answer();
  EXPECT_EQ(answer.body, "GET /hello");
  EXPECT_EQ(answer.field("Connection"), "close");
}

ASYNC_TEST(server_stop, serves_a_connection_that_was_accepted_before) {
  running r{echo};
  auto p = co_await r.connect();
  EXPECT_EQ(p.stream().try_write(get_hello), get_hello.size());
  co_await until([&] { return r.server.connections() == 1; });
  r.server.stop();
  const auto answer = co_await p.read_message();
  EXPECT_EQ(answer.body, "GET /hello");
  p.close();
  co_await r.serving;
}

class server_stop_tls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
  static server_options options() {
    const auto identity = test::certificates::instance().good();
    server_options o;
    o.tls.emplace(net::tls_server_options{identity.file, identity.key});
    return o;
  }
  static awaitable<peer> connect(running& r) {
    auto plain = co_await net::connect(r.where());
    auto trusted = net::tls_client_context::from_ca_file(test::certificates::instance().authority());
    auto secure = co_await net::tls_connect(std::move(plain), "localhost", std::move(trusted));
    co_return peer{std::move(secure)};
  }
};

ASYNC_TEST_F(server_stop_tls, idle_connections_end_by_close_notify) {
  running r{echo, options()};
  auto p = co_await connect(r);
  co_await p.send(get_hello);
  const auto answer = co_await p.read_message();
  EXPECT_EQ(answer.status(), 200);
  r.server.stop();
  std::array<std::byte, 16> room;
  const auto end = co_await p.stream().read_some(room);  // a reset or a bare FIN would be an error
  EXPECT_EQ(end, 0U);
  co_await p.send(get_hello);
  co_await sleep(1ms);
  EXPECT_EQ(p.stream().try_read(room), 0U);  // an error if it was reset
  p.close();
  co_await r.serving;
}

ASYNC_TEST_F(server_stop_tls, answers_requests_that_have_been_received_and_not_read) {
  running r{echo, options()};
  auto one = co_await connect(r);
  auto other = co_await connect(r);
  auto idle = co_await connect(r);
  for (auto* p : {&one, &other, &idle}) {
    co_await p->send(get_hello);
    const auto answer = co_await p->read_message();
    EXPECT_EQ(answer.status(), 200);
  }
  co_await sleep(5ms);  // all are idle
  for (auto* p : {&one, &other}) EXPECT_EQ(p->stream().try_write(get_hello), get_hello.size());
  r.server.stop();
  for (auto* p : {&one, &other}) {
    const auto answer = co_await p->read_message();
    EXPECT_EQ(answer.body, "GET /hello");
    EXPECT_EQ(answer.field("Connection"), "close");
    p->close();
  }
  const auto nothing = co_await idle.read_to_end();
  EXPECT_EQ(nothing, "");
  idle.close();
  co_await r.serving;
  EXPECT_EQ(r.server.requests(), 5U);
}

ASYNC_TEST(server_stop, answers_a_request_of_which_a_part_has_come) {
  running r{echo};
  auto p = co_await r.connect();
  co_await p.send("GET /hello HTTP/1.1\r\nHo");
  co_await until([&] { return r.server.connections() == 1; });
  co_await sleep(5ms);
  r.server.stop();
  co_await sleep(1ms);
  co_await p.send("st: x\r\n\r\n");
  const auto answer = co_await p.read_message();
  EXPECT_EQ(answer.body, "GET /hello");
  EXPECT_EQ(answer.field("Connection"), "close");
  p.close();
  co_await r.serving;
}

ASYNC_TEST(server_stop, after_the_grace_what_is_left_is_cancelled) {
  event entered;
  bool cancelled = false;
  running r{[&](server_request&) -> awaitable<server_response> {
    entered.set();
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) {
      cancelled = true;
      throw;
    }
    co_return server_response{};
  }};
  auto p = co_await r.connect();
  co_await p.send(get_hello);
  co_await entered.wait();
  const auto began = clock::now();
  r.server.stop(20ms);
  co_await r.serving;
  EXPECT_TRUE(cancelled);
  EXPECT_GE(clock::now() - began, 20ms);
  EXPECT_LT(clock::now() - began, 5s);
  const auto rest = co_await p.read_to_end();
  EXPECT_EQ(rest, "");
}

ASYNC_TEST(server_stop, before_serve_makes_serve_return) {
  server s{echo};
  s.stop();
  net::listener listener{net::endpoint(net::ip_address::loopback(), 0)};
  co_await s.serve(std::move(listener));
  EXPECT_EQ(s.connections(), 0U);
}

ASYNC_TEST(server_stop, twice_is_once_with_the_later_grace) {
  event entered;
  running r{[&](server_request&) -> awaitable<server_response> {
    entered.set();
    co_await sleep(forever);
    co_return server_response{};
  }};
  auto p = co_await r.connect();
  co_await p.send(get_hello);
  co_await entered.wait();
  r.server.stop(1ms);
  r.server.stop(2ms);
  co_await r.serving;
  EXPECT_EQ(r.server.connections(), 0U);
}

ASYNC_TEST(server_stop, ends_connections_in_memory_too) {
  served idle{echo};
  const auto answer = co_await idle.ask(get_hello);
  EXPECT_EQ(answer.status(), 200);
  idle.server.stop();
  co_await idle.serving;
  EXPECT_EQ(idle.server.connections(), 0U);
}

// In memory, and without `serve`: nobody but stop() looks at the time.
ASYNC_TEST(server_stop, after_the_grace_connections_in_memory_are_cancelled_too) {
  event entered;
  bool cancelled = false;
  served s{[&](server_request&) -> awaitable<server_response> {
    entered.set();
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) {
      cancelled = true;
      throw;
    }
    co_return server_response{};
  }};
  co_await s.send(get_hello);
  co_await entered.wait();
  const auto began = clock::now();
  s.server.stop(20ms);
  co_await wait_for(s.serving.wait(), 1h);
  EXPECT_TRUE(cancelled);
  EXPECT_FALSE(s.serving.cancelled());
  EXPECT_EQ(clock::now() - began, 20ms);
  EXPECT_EQ(s.server.connections(), 0U);
  const auto rest = co_await s.client.read_to_end();
  EXPECT_EQ(rest, "");
}

// The task that awaits serve_connection goes on, with nothing left of the request.
ASYNC_TEST(server_stop, cancels_the_connection_and_not_who_serves_it) {
  server s{[](server_request&) -> awaitable<server_response> {
    co_await sleep(forever);
    co_return server_response{};
  }};
  auto ends = net::memory_pipe();
  peer client{std::move(ends.first)};
  co_await client.send(get_hello);
  auto stopping = spawn([&s]() -> awaitable<void> {
    co_await sleep(5ms);
    s.stop(20ms);
  });
  co_await s.serve_connection(std::move(ends.second));
  co_await stopping;
  EXPECT_EQ(current_task().cancelling(), 0U);
  co_await sleep(1ms);
  co_await yield();
}

ASYNC_TEST(server_stop, who_cancels_what_serves_a_connection_does_cancel_it) {
  event entered;
  served s{[&](server_request&) -> awaitable<server_response> {
    entered.set();
    co_await sleep(forever);
    co_return server_response{};
  }};
  co_await s.send(get_hello);
  co_await entered.wait();
  s.server.stop(20ms);
  co_await sleep(10ms);
  s.serving.cancel();
  co_await s.serving.wait();
  EXPECT_TRUE(s.serving.cancelled());
}

ASYNC_TEST(server_stop, again_replaces_the_grace) {
  event entered;
  served s{[&](server_request&) -> awaitable<server_response> {
    entered.set();
    co_await sleep(forever);
    co_return server_response{};
  }};
  co_await s.send(get_hello);
  co_await entered.wait();
  const auto began = clock::now();
  s.server.stop(1h);
  co_await sleep(10ms);
  s.server.stop(2h);
  co_await sleep(10ms);
  s.server.stop(0s);
  co_await wait_for(s.serving.wait(), 3h);
  EXPECT_EQ(clock::now() - began, 20ms);
}

// A response that is being sent is cut after the grace, wherever it is.
ASYNC_TEST(server_stop, after_the_grace_a_response_that_nobody_takes_is_cut) {
  server_options options;
  options.limits.write_timeout = forever;
  served s{[](server_request&) -> awaitable<server_response> {
             co_return server_response{200, std::string(100'000, 'x')};
           },
           options,
           {.capacity = 1000}};
  co_await s.send(get_hello);
  co_await sleep(1ms);
  s.server.stop(20ms);
  co_await wait_for(s.serving.wait(), 1h);
  EXPECT_TRUE(s.serving.done());
  EXPECT_FALSE(s.serving.cancelled());
  EXPECT_EQ(s.server.connections(), 0U);
}

ASYNC_TEST(server_stop, in_the_middle_of_a_streamed_response_lets_it_end) {
  event gate;
  event entered;
  running r{[&](server_request&) -> awaitable<server_response> {
    body_producer source = [&](body_writer& out) -> awaitable<void> {
      co_await out.write("one ");
      entered.set();
      co_await gate.wait();
      co_await out.write("two");
    };
    co_return server_response{200, body::produce(std::move(source))};
  }};
  auto p = co_await r.connect();
  co_await p.send(get_hello);
  co_await entered.wait();
  r.server.stop();
  gate.set();
  const auto answer = co_await p.read_message();
  EXPECT_EQ(answer.body, "4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n");
  p.close();
  co_await r.serving;
}

ASYNC_TEST(server_connections, beyond_the_limit_wait_in_the_backlog) {
  server_options options;
  options.limits.max_connections = 2;
  running r{echo, options};
  auto a = co_await r.connect();
  auto b = co_await r.connect();
  auto waiting = co_await r.connect();  // the kernel says yes
  co_await waiting.send(get_hello);
  for (auto* p : {&a, &b}) {
    co_await p->send(get_hello);
    const auto answer = co_await p->read_message();
    EXPECT_EQ(answer.status(), 200);
  }
  co_await sleep(5ms);
  EXPECT_EQ(r.server.connections(), 2U);
  EXPECT_EQ(r.server.requests(), 2U);
  a.close();
  const auto answer = co_await waiting.read_message();
  EXPECT_EQ(answer.body, "GET /hello");
}

ASYNC_TEST(server_connections, at_the_limit_do_not_keep_stop_from_its_grace) {
  event entered;
  server_options options;
  options.limits.max_connections = 1;
  running r{[&](server_request&) -> awaitable<server_response> {
              entered.set();
              co_await sleep(forever);
              co_return server_response{};
            },
            options};
  auto p = co_await r.connect();
  co_await p.send(get_hello);
  co_await entered.wait();
  co_await sleep(1ms);  // the server waits for a place
  r.server.stop(10ms);
  co_await wait_for(r.serving.wait(), 5s);
  EXPECT_TRUE(r.serving.done());
}

ASYNC_TEST(server_connections, serve_several_listeners_at_a_time) {
  server s{echo};
  net::listener one{net::endpoint(net::ip_address::loopback(), 0)};
  net::listener two{net::endpoint(net::ip_address::loopback(), 0)};
  const std::vector<net::endpoint> places = {one.local_endpoint(), two.local_endpoint()};
  auto first = spawn([&] { return s.serve(std::move(one)); });
  auto second = spawn([&] { return s.serve(std::move(two)); });
  for (const auto& where : places) {
    auto connection = co_await net::connect(where);
    peer p{std::move(connection)};
    co_await p.send(get_hello);
    const auto answer = co_await p.read_message();
    EXPECT_EQ(answer.status(), 200);
  }
  s.stop();
  co_await first;
  co_await second;
  EXPECT_EQ(s.requests(), 2U);
}

}  // namespace bight::http::server_stop_test
