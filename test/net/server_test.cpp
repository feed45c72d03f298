// net::server: a task per connection, failures that stay where they are, limits, and the end.
#include <bight/net/server.hpp>

#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/finally.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/log.hpp>
#include <bight/core/race.hpp>
#include <bight/core/reader.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/error.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/net/tls.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/certificates.hpp"
#include "support/ends.hpp"
#include "support/sockets.hpp"

namespace bight::net::server_test {

using namespace std::chrono_literals;
using boost::system::error_code;
using boost::system::system_category;
using boost::system::system_error;
using test::error_of;
using test::read_all;
using test::read_exactly;
using test::read_once;
namespace sys = boost::system::errc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A server on a network in memory, which the running task uses.
class served {
 public:
  explicit served(server::handler h, server_options options = {})
      : inside_(network.use()),
        where(endpoint::parse("192.0.2.7:80").value()),
        here(std::move(h), std::move(options)) {}
  void begin() {
    listener l{where};
    serving.emplace(spawn([this, l = std::move(l)]() mutable { return here.serve(std::move(l)); }));
  }

  testing::fake_network network;

 private:
  network_scope inside_;

 public:
  endpoint where;
  server here;
  std::optional<task<void>> serving;
};

awaitable<void> echo(stream s) {
  auto piece = co_await read_once(s);
  while (!piece.empty()) {
    co_await s.write(piece);
    piece = co_await read_once(s);
  }
  co_await s.close();
}

awaitable<std::string> ask(stream& s, std::string_view what) {
  co_await s.write(what);
  co_return co_await read_exactly(s, what.size());
}

// What is logged while it lives, with its level.
class levels {
 public:
  levels() {
    previous_ = set_log_handler(
        [this](log_level level, std::string_view text) { lines.emplace_back(level, std::string{text}); });
  }
  levels(const levels&) = delete;
  levels& operator=(const levels&) = delete;
  ~levels() { set_log_handler(previous_); }

  std::vector<std::pair<log_level, std::string>> lines;

 private:
  log_handler previous_;
};

ASYNC_TEST(net_server, serves_each_connection_in_a_task_of_its_own) {
  served s{echo};
  s.begin();
  auto a = co_await connect(s.where);
  auto b = co_await connect(s.where);
  const auto from_b = co_await ask(b, "second");
  EXPECT_EQ(from_b, "second");
  const auto from_a = co_await ask(a, "first");
  EXPECT_EQ(from_a, "first");
  EXPECT_EQ(s.here.connections(), 2U);
  co_await a.close();
  co_await testing::settle();
  EXPECT_EQ(s.here.connections(), 1U);
  co_await b.close();
  s.here.stop();
  co_await *s.serving;
  EXPECT_EQ(s.here.connections(), 0U);
}

ASYNC_TEST(net_server, holds_what_can_only_be_moved) {
  auto text = std::make_unique<std::string>("from far away");
  served s{[text = std::move(text)](stream to) -> awaitable<void> {
    return [](const std::string& t, stream out) -> awaitable<void> { co_await out.write(t); }(*text,
                                                                                              std::move(to));
  }};
  s.begin();
  auto a = co_await connect(s.where);
  const auto all = co_await read_all(a);
  EXPECT_EQ(all, "from far away");
  s.here.stop();
  co_await *s.serving;
}

ASYNC_TEST(net_server, serves_several_listeners) {
  served s{echo};
  s.begin();
  const auto other = endpoint::unix_path("/run/app.sock");
  listener l{other};
  auto second = spawn([&] { return s.here.serve(std::move(l)); });
  auto a = co_await connect(s.where);
  auto b = co_await connect(other);
  const auto from_a = co_await ask(a, "tcp");
  EXPECT_EQ(from_a, "tcp");
  const auto from_b = co_await ask(b, "unix");
  EXPECT_EQ(from_b, "unix");
  s.here.stop(0s);
  co_await *s.serving;
  co_await second;
}

// ---- failures ------------------------------------------------------------------------------------

// Fails as it is told by the first line.
awaitable<void> fail_as_told(stream s) {
  reader in{s};
  const auto how = co_await in.read_line();
  if (how == "error") throw std::runtime_error("out of luck");
  if (how == "number") throw 42;
  if (how == "resets") {
    co_await task_group::run([](task_group& group) -> awaitable<void> {
      group.spawn([]() -> awaitable<void> {
        throw system_error(error_code{EPIPE, system_category()}, "write");
      });
      co_return;
    });
  }
  if (how == "reset") throw system_error(error_code{ECONNRESET, system_category()}, "read");
  co_await s.write("fine\n");
  co_await s.close();
}

awaitable<std::string> tell(endpoint where, std::string_view how) {
  auto s = co_await connect(where);
  co_await s.write(how);
  co_return co_await read_all(s);
}

ASYNC_TEST(net_server, a_connection_that_fails_takes_nothing_with_it) {
  levels log;
  served s{fail_as_told};
  s.begin();
  auto before = co_await connect(s.where);
  for (const std::string_view how : {"error\n", "number\n", "reset\n", "resets\n"}) {
    const auto nothing = co_await tell(s.where, how);
    EXPECT_EQ(nothing, "") << how;
  }
  const auto fine = co_await tell(s.where, "ok\n");
  EXPECT_EQ(fine, "fine\n");
  co_await before.write("ok\n");
  const auto still = co_await read_all(before);
  EXPECT_EQ(still, "fine\n");
  s.here.stop();
  co_await *s.serving;

  CO_ASSERT_THAT(log.lines, SizeIs(4U));
  EXPECT_EQ(log.lines[0].first, log_level::error);
  EXPECT_THAT(log.lines[0].second, HasSubstr("connection of 192.0.2.1:"));
  EXPECT_THAT(log.lines[0].second, HasSubstr("out of luck"));
  EXPECT_EQ(log.lines[1].first, log_level::error);
  EXPECT_THAT(log.lines[1].second, HasSubstr("int"));
  EXPECT_EQ(log.lines[2].first, log_level::info);  // what networks do is not the program's fault
  EXPECT_EQ(log.lines[3].first, log_level::info);
}

ASYNC_TEST(net_server, errors_go_to_whom_the_options_name) {
  levels log;
  std::vector<std::string> told;
  server_options options;
  options.on_error = [&](const std::exception_ptr& error, const endpoint& client) {
    told.push_back(client.address().to_string() + ": " + test::text_of(error));
    if (told.size() == 2) throw std::logic_error("a fault of its own");
  };
  served s{fail_as_told, options};
  s.begin();
  for (int i = 0; i != 3; ++i) co_await tell(s.where, "error\n");
  s.here.stop();
  co_await *s.serving;
  EXPECT_THAT(told, SizeIs(3U));
  EXPECT_THAT(told.front(), HasSubstr("192.0.2.1: "));
  EXPECT_THAT(told.front(), HasSubstr("out of luck"));
  CO_ASSERT_THAT(log.lines, SizeIs(1U));
  EXPECT_THAT(log.lines[0].second, HasSubstr("a fault of its own"));
}

ASYNC_TEST(net_server, survives_that_every_connection_is_reset) {
  levels log;
  served s{echo};
  s.begin();
  std::vector<stream> clients;
  for (int i = 0; i != 100; ++i) clients.push_back(co_await connect(s.where));
  for (auto& c : clients) co_await ask(c, "x");
  EXPECT_EQ(s.here.connections(), 100U);
  s.network.reset_connections();
  co_await testing::settle();
  EXPECT_EQ(s.here.connections(), 0U);
  EXPECT_THAT(log.lines, SizeIs(100U));
  auto late = co_await connect(s.where);
  const auto answer = co_await ask(late, "still there?");
  EXPECT_EQ(answer, "still there?");
  s.here.stop(0s);
  co_await *s.serving;
}

ASYNC_TEST(net_server, a_handler_that_does_not_even_begin_is_a_failure_of_its_connection) {
  levels log;
  served s{[](stream) -> awaitable<void> { throw std::runtime_error("no coroutine at all"); }};
  s.begin();
  auto a = co_await connect(s.where);
  const auto nothing = co_await read_all(a);
  EXPECT_EQ(nothing, "");
  CO_ASSERT_THAT(log.lines, SizeIs(1U));
  EXPECT_THAT(log.lines[0].second, HasSubstr("no coroutine at all"));
  s.here.stop();
  co_await *s.serving;
}

// ---- limits --------------------------------------------------------------------------------------

ASYNC_TEST(net_server, further_connections_wait_until_one_ends) {
  server_options options;
  options.max_connections = 2;
  served s{echo, options};
  s.begin();
  auto a = co_await connect(s.where);
  auto b = co_await connect(s.where);
  auto c = co_await connect(s.where);
  co_await c.write("third");
  co_await testing::settle();
  EXPECT_EQ(s.here.connections(), 2U);
  EXPECT_FALSE(c.readable());
  co_await a.close();
  const auto third = co_await read_exactly(c, 5);
  EXPECT_EQ(third, "third");
  EXPECT_EQ(s.here.connections(), 2U);
  s.here.stop(0s);
  co_await *s.serving;
}

// ---- accept --------------------------------------------------------------------------------------

// Accepts what it is told, and then nothing more.
class scripted_listener final : public listener_backend {
 public:
  class turn {
   public:
    explicit turn(int code) : error(code) {}
    explicit turn(stream s) : connection(std::move(s)) {}
    int error = 0;
    stream connection;
  };
  explicit scripted_listener(std::deque<turn> turns) : state_(std::make_shared<state>(std::move(turns))) {}
  awaitable<stream> accept() override { return next(state_); }
  endpoint local_endpoint() const override { return endpoint::parse("192.0.2.7:80").value(); }
  void close() noexcept override { state_->closed.set(); }

 private:
  struct state {
    explicit state(std::deque<turn> t) : turns(std::move(t)) {}
    std::deque<turn> turns;
    event closed;
  };
  static awaitable<stream> next(std::shared_ptr<state> s) {
    if (s->turns.empty()) co_await s->closed.wait();
    if (s->closed.is_set()) throw system_error(error_code{ECANCELED, system_category()}, "accept");
    auto now = std::move(s->turns.front());
    s->turns.pop_front();
    if (now.error != 0) throw system_error(error_code{now.error, system_category()}, "accept");
    co_return std::move(now.connection);
  }
  std::shared_ptr<state> state_;
};

ASYNC_TEST(net_server, errors_of_accept_that_pass_are_waited_out) {
  levels log;
  auto [client, far] = memory_pipe();
  std::deque<scripted_listener::turn> turns;
  for (const int error : {EMFILE, ENFILE, ECONNABORTED, ENOBUFS}) turns.emplace_back(error);
  turns.emplace_back(std::move(far));
  server here{echo};
  listener l{std::make_unique<scripted_listener>(std::move(turns))};
  const auto start = clock::now();
  auto serving = spawn([&] { return here.serve(std::move(l)); });
  const auto answer = co_await ask(client, "hello");
  EXPECT_EQ(answer, "hello");
  EXPECT_EQ(clock::now() - start, 50ms + 100ms + 200ms + 400ms);
  EXPECT_THAT(log.lines, SizeIs(4U));
  EXPECT_EQ(log.lines.front().first, log_level::warning);
  EXPECT_THAT(log.lines.front().second,
              HasSubstr("accept on 192.0.2.7:80: Too many open files; trying again"));
  here.stop(0s);
  co_await serving;
}

ASYNC_TEST(net_server, other_errors_of_accept_end_it_and_its_connections) {
  auto [client, far] = memory_pipe();
  std::deque<scripted_listener::turn> turns;
  turns.emplace_back(std::move(far));
  turns.emplace_back(EINVAL);
  server here{echo};
  listener l{std::make_unique<scripted_listener>(std::move(turns))};
  const auto error = co_await error_of(here.serve(std::move(l)));
  EXPECT_EQ(error.code(), sys::invalid_argument);
  EXPECT_EQ(here.connections(), 0U);
  const auto end = co_await read_all(client);
  EXPECT_EQ(end, "");
}

ASYNC_TEST(net_server, stop_ends_a_pause_after_an_error) {
  levels log;
  std::deque<scripted_listener::turn> turns;
  for (int i = 0; i != 1000; ++i) turns.emplace_back(EMFILE);
  server here{echo};
  listener l{std::make_unique<scripted_listener>(std::move(turns))};
  auto serving = spawn([&] { return here.serve(std::move(l)); });
  co_await sleep(10s);
  const auto start = clock::now();
  here.stop();
  co_await serving;
  EXPECT_EQ(clock::now(), start);
}

// ---- the end -------------------------------------------------------------------------------------

// Answers after a while.
awaitable<void> answer_slowly(stream s) {
  co_await read_once(s);
  co_await sleep(5s);
  co_await s.write("at last");
  co_await s.close();
}

ASYNC_TEST(net_server, stop_lets_connections_end_within_the_grace) {
  served s{answer_slowly};
  s.begin();
  auto a = co_await connect(s.where);
  co_await a.write("?");
  co_await sleep(1s);
  const auto start = clock::now();
  s.here.stop(30s);
  EXPECT_TRUE(s.here.stopping());
  const auto refused = co_await error_of(connect(s.where));
  EXPECT_EQ(refused.code(), sys::connection_refused);
  const auto answer = co_await read_all(a);
  EXPECT_EQ(answer, "at last");
  co_await *s.serving;
  EXPECT_EQ(clock::now() - start, 4s);
}

ASYNC_TEST(net_server, stop_cancels_what_is_left_after_the_grace) {
  std::string end;
  levels log;
  served s{[&](stream in) -> awaitable<void> {
    try {
      co_await read_all(in);
    } catch (const cancelled_error&) {
      end = "cancelled";
      throw;
    }
  }};
  s.begin();
  auto a = co_await connect(s.where);
  co_await sleep(1s);
  const auto start = clock::now();
  s.here.stop(30s);
  co_await *s.serving;
  EXPECT_EQ(clock::now() - start, 30s);
  EXPECT_EQ(end, "cancelled");
  EXPECT_THAT(log.lines, IsEmpty());
  const auto closed = co_await read_all(a);
  EXPECT_EQ(closed, "");
}

ASYNC_TEST(net_server, another_stop_replaces_the_grace) {
  served s{echo};
  s.begin();
  auto a = co_await connect(s.where);
  co_await sleep(1s);
  s.here.stop(1h);
  co_await sleep(1s);
  const auto start = clock::now();
  s.here.stop(2s);
  co_await *s.serving;
  EXPECT_EQ(clock::now() - start, 2s);
}

ASYNC_TEST(net_server, stop_ends_the_wait_for_a_place) {
  server_options options;
  options.max_connections = 1;
  served s{answer_slowly, options};
  s.begin();
  auto a = co_await connect(s.where);
  co_await a.write("?");
  co_await sleep(1s);
  s.here.stop();
  const auto answer = co_await read_all(a);
  EXPECT_EQ(answer, "at last");
  co_await *s.serving;
}

ASYNC_TEST(net_server, handlers_learn_that_it_stops) {
  server* self = nullptr;
  auto say_goodbye = [&](stream s) -> awaitable<void> {
    co_await race(read_once(s), self->wait_stopping());
    EXPECT_TRUE(self->stopping());
    co_await s.write("goodbye");
    co_await s.close();
  };
  served s{say_goodbye};
  self = &s.here;
  s.begin();
  auto a = co_await connect(s.where);
  co_await sleep(1s);
  EXPECT_FALSE(s.here.stopping());
  s.here.stop();
  const auto goodbye = co_await read_all(a);
  EXPECT_EQ(goodbye, "goodbye");
  co_await *s.serving;
}

ASYNC_TEST(net_server, cancelling_serve_cancels_the_connections) {
  served s{echo};
  s.begin();
  auto a = co_await connect(s.where);
  const auto answer = co_await ask(a, "x");
  EXPECT_EQ(answer, "x");
  s.serving->cancel();
  const auto end = co_await read_all(a);
  EXPECT_EQ(end, "");
  co_await s.serving->wait();
  EXPECT_EQ(test::end_of(*s.serving), "cancelled");
  EXPECT_EQ(s.here.connections(), 0U);
}

ASYNC_TEST(net_server, serve_after_stop_returns_at_once) {
  served s{echo};
  s.here.stop();
  s.begin();
  co_await *s.serving;
  auto [near, far] = memory_pipe();
  co_await s.here.serve_connection(std::move(far));
  const auto end = co_await read_all(near);
  EXPECT_EQ(end, "");
}

// ---- one connection from elsewhere -----------------------------------------------------------------

ASYNC_TEST(net_server, serves_a_connection_that_it_is_given) {
  server here{echo};
  auto [near, far] = memory_pipe();
  auto serving = spawn([&] { return here.serve_connection(std::move(far)); });
  const auto answer = co_await ask(near, "x");
  EXPECT_EQ(answer, "x");
  EXPECT_EQ(here.connections(), 1U);
  co_await near.close();
  co_await serving;
  EXPECT_EQ(here.connections(), 0U);
}

ASYNC_TEST(net_server, stop_is_no_cancellation_of_who_serves_one) {
  server here{echo};
  auto [near, far] = memory_pipe();
  auto serving = spawn([&]() -> awaitable<std::string> {
    co_await here.serve_connection(std::move(far));
    co_return "went on";
  });
  co_await ask(near, "x");
  here.stop(1s);
  const auto end = co_await serving;
  EXPECT_EQ(end, "went on");
}

ASYNC_TEST(net_server, a_cancellation_of_who_serves_one_is_one) {
  server here{echo};
  auto [near, far] = memory_pipe();
  auto serving = spawn([&] { return here.serve_connection(std::move(far)); });
  co_await ask(near, "x");
  serving.cancel();
  co_await serving.wait();
  EXPECT_EQ(test::end_of(serving), "cancelled");
}

// ---- TLS -------------------------------------------------------------------------------------------

class net_server_tls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
  static server_options options() {
    const auto good = test::certificates::instance().good();
    server_options o;
    o.tls = tls_server_context{tls_server_options{good.file, good.key}};
    return o;
  }
  static tls_client_context trusting() {
    return tls_client_context::from_ca_file(test::certificates::instance().authority());
  }
};

ASYNC_TEST_F(net_server_tls, who_shakes_hands_slowly_keeps_nobody_waiting) {
  levels log;
  served s{echo, options()};
  s.begin();
  auto silent = co_await connect(s.where);
  auto plain = co_await connect(s.where);
  auto secure = co_await tls_connect(std::move(plain), "localhost", trusting());
  const auto answer = co_await ask(secure, "hello");
  EXPECT_EQ(answer, "hello");
  EXPECT_EQ(s.here.connections(), 2U);

  const auto nothing = co_await read_all(silent);
  EXPECT_EQ(nothing, "");
  EXPECT_EQ(s.here.connections(), 1U);
  CO_ASSERT_THAT(log.lines, SizeIs(1U));
  EXPECT_EQ(log.lines[0].first, log_level::info);
  EXPECT_THAT(log.lines[0].second, HasSubstr("the client has not completed it in time"));
  co_await secure.close();
  s.here.stop();
  co_await *s.serving;
}

ASYNC_TEST_F(net_server_tls, a_client_without_tls_fails_alone) {
  std::vector<error_code> errors;
  auto with_hook = options();
  with_hook.on_error = [&](const std::exception_ptr& error, const endpoint&) {
    try {
      std::rethrow_exception(error);
    } catch (const system_error& e) { errors.push_back(e.code()); }
  };
  served s{echo, std::move(with_hook)};
  s.begin();
  auto plain = co_await connect(s.where);
  co_await plain.write("GET / HTTP/1.1\r\n\r\n");
  co_await read_all(plain);  // an alert
  EXPECT_THAT(errors, ElementsAre(errc::tls_handshake));
  s.here.stop();
  co_await *s.serving;
}

ASYNC_TEST_F(net_server_tls, stop_cancels_a_handshake) {
  served s{echo, options()};
  s.begin();
  auto silent = co_await connect(s.where);
  co_await sleep(1s);
  const auto start = clock::now();
  s.here.stop(1s);
  co_await *s.serving;
  EXPECT_EQ(clock::now() - start, 1s);
}

}  // namespace bight::net::server_test
