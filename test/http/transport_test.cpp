// Mock transports, responses out of nothing, and middleware of a client.
#include <bight/http/transport.hpp>

#include <bight/core/error.hpp>
#include <bight/core/reader.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/client.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/http_peer.hpp"
#include "support/sockets.hpp"

namespace bight::http::transport_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Answers as it is told and keeps what it was asked.
class mock final : public transport {
 public:
  explicit mock(std::function<response(request&)> answer) : answer_(std::move(answer)) {}
  awaitable<response> send(request& r) override {
    asked.push_back(std::string{r.method().name()} + " " + r.url().href());
    fields.push_back(r.headers());
    co_await yield();
    co_return answer_(r);
  }
  std::vector<std::string> asked;
  std::vector<headers> fields;

 private:
  std::function<response(request&)> answer_;
};

client over(std::shared_ptr<transport> t) {
  client_options options;
  options.transport = std::move(t);
  options.default_headers.set("X-Default", "1");
  return client{std::move(options)};
}

ASYNC_TEST(transport, of_a_user_answers_without_a_network) {
  const auto m = std::make_shared<mock>([](request& r) {
    return response{200, "you asked for " + std::string{r.url().path()}};
  });
  auto c = over(m);
  auto answer = co_await c.get("http://example.org/page");
  const auto text = co_await answer.text();
  EXPECT_EQ(text, "you asked for /page");
  EXPECT_EQ(answer.url().href(), "http://example.org/page");
  EXPECT_THAT(m->asked, ElementsAre("GET http://example.org/page"));
  EXPECT_EQ(m->fields.at(0).get("X-Default"), "1");
  EXPECT_TRUE(m->fields.at(0).contains("User-Agent"));
}

ASYNC_TEST(transport, gets_each_redirect_and_credentials_for_their_origin_alone) {
  const auto m = std::make_shared<mock>([](request& r) {
    if (r.url().path() != "/start") return response{200, "there"};
    headers fields;
    fields.set("Location", "http://other.org/end");
    return response{307, {}, fields};
  });
  auto c = over(m);
  request r{method::post, url{"http://user:secret@example.org/start"}};
  r.set_body("data");
  auto answer = co_await c.send(r);
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.history().size(), 1U);
  EXPECT_EQ(answer.url().href(), "http://other.org/end");
  EXPECT_EQ(m->asked.size(), 2U);
  EXPECT_EQ(m->asked.at(1), "POST http://other.org/end");
  EXPECT_TRUE(m->fields.at(0).contains("Authorization"));
  EXPECT_FALSE(m->fields.at(1).contains("Authorization"));
}

ASYNC_TEST(transport, that_never_answers_meets_the_total_timeout) {
  class silent final : public transport {
   public:
    awaitable<response> send(request&) override {
      co_await sleep(24h);
      co_return response{200};
    }
  };
  auto c = over(std::make_shared<silent>());
  request r{url{"http://example.org/"}};
  r.set_timeouts({.total = 3s});
  const auto began = clock::now();
  bool timed_out = false;
  try {
    static_cast<void>(co_await c.send(r));
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(timed_out);
  EXPECT_EQ(clock::now() - began, 3s);
}

ASYNC_TEST(transport, cannot_send_a_used_body_after_a_redirect) {
  const auto m = std::make_shared<mock>([](request& r) {
    headers fields;
    fields.set("Location", "/again");
    return response{r.url().path() == "/again" ? 200 : 307, {}, fields};
  });
  auto c = over(m);
  // The mock does not read the body, so this one can still be sent.
  request fresh{method::post, url{"http://example.org/"}};
  fresh.set_body(body::produce([](body_writer& out) { return out.write("x"); }));
  auto answer = co_await c.send(std::move(fresh));
  EXPECT_EQ(answer.status(), 200);
  request used{method::post, url{"http://example.org/"}};
  used.set_body(body::produce([](body_writer& out) { return out.write("x"); }));
  static_cast<void>(co_await used.body().collect());
  const auto e = co_await test::error_of(c.send(std::move(used)));
  EXPECT_EQ(e.code(), errc::body_not_replayable);
}

ASYNC_TEST(response, out_of_nothing_reads_as_any_other) {
  response text{200, "one\ntwo\n"};
  reader lines{text};
  const auto one = co_await lines.read_line();
  EXPECT_EQ(one, "one");
  const auto rest = co_await read_all(lines);
  EXPECT_EQ(rest, "two\n");
  response made{200, body::produce([](body_writer& out) -> awaitable<void> {
                  co_await out.write("a ");
                  co_await out.write("b");
                })};
  const auto all = co_await made.text();
  EXPECT_EQ(all, "a b");
  response none{204};
  const auto nothing = co_await none.text();
  EXPECT_EQ(nothing, "");
}

ASYNC_TEST(client_middleware, stands_around_every_call_and_may_call_again) {
  int answers = 0;
  const auto m = std::make_shared<mock>([&](request&) {
    return response{++answers < 3 ? 503 : 200, "done"};
  });
  auto c = over(m);
  c.add_middleware([](request& r, client_next next) -> awaitable<response> {
    r.headers().set("X-Trace", "7");
    co_return co_await next(r);
  });
  c.add_middleware([left = std::make_unique<int>(5)](request& r, client_next next) -> awaitable<response> {
    while (true) {
      auto answer = co_await next(r);
      if (answer.status() != 503 || --*left == 0) co_return answer;
    }
  });
  auto answer = co_await c.get("http://example.org/");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(m->asked.size(), 3U);
  EXPECT_EQ(m->fields.at(2).get("X-Trace"), "7");
}

ASYNC_TEST(client_middleware, works_over_connections_too) {
  auto server = test::scripted_server::answering([](const test::raw_message& r) {
    return test::ok(r.field("X-Trace").empty() ? "none" : r.field("X-Trace"));
  });
  client c;
  c.add_middleware([](request& r, client_next next) -> awaitable<response> {
    r.headers().set("X-Trace", "7");
    auto answer = co_await next(r);
    answer.headers().set("X-Seen", r.url().path());
    co_return answer;
  });
  auto answer = co_await c.get(server->url("/a"));
  EXPECT_EQ(answer.headers().get("X-Seen"), "/a");
  const auto text = co_await answer.text();
  EXPECT_EQ(text, "7");
}

}  // namespace bight::http::transport_test
