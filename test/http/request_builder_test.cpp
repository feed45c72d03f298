// Requests that are built call by call.
#include <bight/http/request_builder.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/retry.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/client.hpp>
#include <bight/http/error.hpp>
#include <bight/http/json.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/http_peer.hpp"

namespace bight::http::request_builder_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct sent {
  std::string line;
  headers fields;
  std::string body;
};

// Answers as it is told and keeps what it was sent.
class recorder final : public transport {
 public:
  explicit recorder(std::function<response(std::size_t call)> answer) : answer_(std::move(answer)) {}
  awaitable<response> send(request& r) override {
    auto& one = calls.emplace_back();
    one.line = std::string{r.method().name()} + " " + r.url().href();
    one.fields = r.headers();
    one.body = co_await r.body().collect();
    co_return answer_(calls.size());
  }
  std::vector<sent> calls;

 private:
  std::function<response(std::size_t)> answer_;
};

std::shared_ptr<recorder> always(int code) {
  return std::make_shared<recorder>([code](std::size_t) { return response{code, "body"}; });
}

client_options options_for(std::shared_ptr<recorder> r) {
  client_options options;
  options.transport = std::move(r);
  return options;
}

struct item {
  int id = 0;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(item, (), (id, name))

ASYNC_TEST(request_builder, a_chain_sends_what_it_says) {
  const auto net = always(200);
  client c{options_for(net)};
  const item one{7, "loop"};
  auto answer = co_await c.post("http://example.org/items?old=1")
                    .query("page", 2)
                    .query("q", "a b&c")
                    .query("all", true)
                    .query("ratio", 0.5)
                    .header("X-A", "b")
                    .header("X-N", 12)
                    .cookie("seen", "yes")
                    .cookie("id", "7")
                    .json(one)
                    .timeout(5s);
  EXPECT_EQ(answer.status(), 200);
  CO_ASSERT_EQ(net->calls.size(), 1U);
  const auto& call = net->calls[0];
  EXPECT_EQ(call.line, "POST http://example.org/items?old=1&page=2&q=a+b%26c&all=true&ratio=0.5");
  EXPECT_EQ(call.fields.get("X-A"), "b");
  EXPECT_EQ(call.fields.get("X-N"), "12");
  EXPECT_EQ(call.fields.get("Cookie"), "seen=yes; id=7");
  EXPECT_EQ(call.fields.get("Content-Type"), "application/json");
  EXPECT_EQ(call.body, R"({"id":7,"name":"loop"})");
}

ASYNC_TEST(request_builder, every_method_has_a_call) {
  const auto net = always(200);
  client c{options_for(net)};
  const url where{"http://example.org/"};
  co_await c.get(where);
  co_await c.head(where);
  co_await c.post(where);
  co_await c.put("http://example.org/");
  co_await c.patch(where);
  co_await c.delete_(where);
  co_await c.options(where);
  const auto purge = method::parse("PURGE").value();
  co_await c.request(purge, where);
  std::vector<std::string> names;
  for (const auto& call : net->calls) names.push_back(call.line.substr(0, call.line.find(' ')));
  EXPECT_THAT(names, ElementsAre("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"));
}

ASYNC_TEST(request_builder, is_built_in_steps_and_sent_when_awaited) {
  const auto net = always(200);
  client c{options_for(net)};
  auto r = c.put("http://example.org/a");
  r.text("hello");
  r.header("X-Step", "1");
  r.header("X-Step", "2");
  EXPECT_TRUE(net->calls.empty());
  co_await std::move(r);
  CO_ASSERT_EQ(net->calls.size(), 1U);
  EXPECT_EQ(net->calls[0].fields.get("X-Step"), "2");
  EXPECT_EQ(net->calls[0].fields.get("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(net->calls[0].body, "hello");
}

ASYNC_TEST(request_builder, a_form_is_the_body) {
  const auto net = always(200);
  client c{options_for(net)};
  co_await c.post("http://example.org/login").form("user", "ann lee").form("age", 30).form("eu", false);
  CO_ASSERT_EQ(net->calls.size(), 1U);
  EXPECT_EQ(net->calls[0].fields.get("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(net->calls[0].body, "user=ann+lee&age=30&eu=false");
}

ASYNC_TEST(request_builder, works_in_wait_for_gather_retry_and_as_result) {
  const auto net = always(200);
  client c{options_for(net)};
  const url where{"http://example.org/"};
  auto first = co_await wait_for(c.get(where), 5s);
  auto [second, third] = co_await gather(c.get(where), c.get(where));
  const auto again = [&] { return c.get(where); };
  retry_policy policy;
  auto fourth = co_await retry(policy, again);
  const auto fifth = co_await as_result(c.get(where));
  EXPECT_TRUE(fifth.has_value());
  std::vector<awaitable<response>> many;
  for (int i = 0; i != 3; ++i) many.push_back(c.get(where));
  const auto all = co_await gather(std::move(many));
  EXPECT_EQ(all.size(), 3U);
  EXPECT_EQ(net->calls.size(), 8U);
}

ASYNC_TEST(request_builder, errors_of_setters_and_urls_are_thrown_by_the_await) {
  const auto net = always(200);
  client c{options_for(net)};
  const auto bad_url = co_await as_result(c.get("http://exa mple/"));
  EXPECT_EQ(bad_url.error(), make_error_code(errc::invalid_url));
  const auto bad_name = co_await as_result(c.get("http://example.org/").header("X A", "1"));
  EXPECT_EQ(bad_name.error(), make_error_code(errc::invalid_header));
  const auto bad_value = co_await as_result(c.get("http://example.org/").header("X-A", "1\r\nX-B: 2"));
  EXPECT_EQ(bad_value.error(), make_error_code(errc::invalid_header));
  const auto bad_cookie = co_await as_result(c.get("http://example.org/").cookie("a", "1; b=2"));
  EXPECT_EQ(bad_cookie.error(), make_error_code(errc::invalid_header));
  const auto bad_token = co_await as_result(c.get("http://example.org/").bearer_auth("a\nb"));
  EXPECT_EQ(bad_token.error(), make_error_code(errc::invalid_credentials));
  EXPECT_TRUE(net->calls.empty());
  EXPECT_THROW(static_cast<void>(c.get("nonsense").build()), boost::system::system_error);
}

ASYNC_TEST(request_builder, base_url_headers_and_query_of_the_client_are_added) {
  const auto net = always(200);
  auto options = options_for(net);
  options.base_url = url{"https://example.org/api/"};
  options.default_headers.set("X-Key", "k");
  options.default_query.append("v", "3");
  client c{std::move(options)};
  co_await c.get("items/7").query("full", true);
  co_await c.get("/root?x=1");
  co_await c.get("http://other.org/");
  CO_ASSERT_EQ(net->calls.size(), 3U);
  EXPECT_EQ(net->calls[0].line, "GET https://example.org/api/items/7?v=3&full=true");
  EXPECT_EQ(net->calls[0].fields.get("X-Key"), "k");
  EXPECT_EQ(net->calls[1].line, "GET https://example.org/root?v=3&x=1");
  EXPECT_EQ(net->calls[2].line, "GET http://other.org/?v=3");
}

ASYNC_TEST(request_builder, basic_and_bearer_credentials) {
  const auto net = always(200);
  client c{options_for(net)};
  co_await c.get("http://example.org/").basic_auth("Aladdin", "open sesame");
  co_await c.get("http://example.org/").bearer_auth("abc.def");
  EXPECT_EQ(net->calls.at(0).fields.get("Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(net->calls.at(1).fields.get("Authorization"), "Bearer abc.def");
  const auto colon = co_await as_result(c.get("http://example.org/").basic_auth("a:b", "c"));
  EXPECT_EQ(colon.error(), make_error_code(errc::invalid_credentials));
}

// ---- retries

client_options retrying(std::shared_ptr<recorder> net) {
  auto options = options_for(std::move(net));
  retry_policy policy;
  policy.attempts(3).backoff(100ms, 1s);
  options.retries = policy;
  return options;
}

ASYNC_TEST(client_retries, repeat_idempotent_requests_after_temporary_statuses) {
  const auto net = std::make_shared<recorder>([](std::size_t call) {
    return call < 3 ? response{503, "busy"} : response{200, "there"};
  });
  client c{retrying(net)};
  auto answer = co_await c.put("http://example.org/").text("content");
  EXPECT_EQ(answer.status(), 200);
  CO_ASSERT_EQ(net->calls.size(), 3U);
  EXPECT_EQ(net->calls[2].body, "content");
}

ASYNC_TEST(client_retries, return_the_last_response_when_they_are_used_up) {
  const auto net = always(502);
  client c{retrying(net)};
  auto answer = co_await c.get("http://example.org/");
  EXPECT_EQ(answer.status(), 502);
  const auto text = co_await answer.text();
  EXPECT_EQ(text, "body");
  EXPECT_EQ(net->calls.size(), 3U);
}

ASYNC_TEST(client_retries, use_the_connection_again) {
  int asked = 0;
  test::scripted_server server{[&asked](test::peer& p) -> awaitable<void> {
    while (true) {
      const auto m = co_await p.read_message();
      if (m.empty()) break;
      const std::string head = ++asked < 3 ? "HTTP/1.1 503 Busy" : "HTTP/1.1 200 OK";
      co_await p.send(head + "\r\nContent-Length: 4\r\n\r\nbody");
    }
  }};
  client_options options;
  retry_policy policy;
  policy.attempts(3).backoff(100ms, 1s);
  options.retries = policy;
  client c{options};
  auto answer = co_await c.get("http://" + server.authority() + "/");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(server.accepted(), 1U);
}

ASYNC_TEST(client_retries, leave_their_connection_to_others_while_they_wait) {
  testing::fake_network network;
  const auto inside = network.use();
  int busy = 0;
  const test::scripted_server server{[&busy](test::peer& p) -> awaitable<void> {
    while (true) {
      const auto m = co_await p.read_message();
      if (m.empty()) break;
      const bool of_busy = m.start_line().find("/busy") != std::string::npos;
      const std::string head =
          of_busy && ++busy < 4 ? "HTTP/1.1 503 Busy\r\nRetry-After: 10" : "HTTP/1.1 200 OK";
      co_await p.send(head + "\r\nContent-Length: 4\r\n\r\nbody");
    }
  }};
  client_options options;
  retry_policy policy;
  policy.attempts(2);
  options.retries = policy;
  options.limits.max_connections_per_host = 1;
  client c{options};
  const auto start = clock::now();
  auto get = [&](std::string path) -> awaitable<response> { co_return co_await c.get(server.url(path)); };
  auto first = spawn(get, "/busy");
  co_await sleep(1s);
  auto other = co_await get("/other");
  EXPECT_EQ(other.status(), 200);
  EXPECT_EQ(clock::now() - start, 1s);
  static_cast<void>(co_await other.text());
  auto answer = co_await std::move(first);
  EXPECT_EQ(answer.status(), 503) << "the last of its attempts";
  const auto text = co_await answer.text();
  EXPECT_EQ(text, "body");
  auto again = co_await get("/busy");
  EXPECT_EQ(again.status(), 200);
  EXPECT_EQ(clock::now() - start, 20s);
}

ASYNC_TEST(client_retries, wait_as_long_as_retry_after_says) {
  const auto net = std::make_shared<recorder>([](std::size_t call) {
    if (call == 2) return response{200};
    headers fields;
    fields.set("Retry-After", "7");
    return response{429, {}, fields};
  });
  client c{retrying(net)};
  const auto start = clock::now();
  co_await c.get("http://example.org/");
  EXPECT_EQ(clock::now() - start, 7s);
}

ASYNC_TEST(client_retries, leave_post_alone_unless_it_asks_for_them) {
  const auto net = always(503);
  client c{retrying(net)};
  co_await c.post("http://example.org/");
  EXPECT_EQ(net->calls.size(), 1U);
  co_await c.post("http://example.org/").retry(true);
  EXPECT_EQ(net->calls.size(), 4U);
  co_await c.get("http://example.org/").retry(false);
  EXPECT_EQ(net->calls.size(), 5U);
}

ASYNC_TEST(client_retries, end_with_the_total_timeout) {
  const auto net = std::make_shared<recorder>([](std::size_t) {
    headers fields;
    fields.set("Retry-After", "60");
    return response{503, {}, fields};
  });
  client c{retrying(net)};
  const auto start = clock::now();
  auto answer = co_await c.get("http://example.org/").timeout(10s);
  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(clock::now(), start);
}

ASYNC_TEST(client_retries, do_not_repeat_a_permanent_error) {
  const auto net = always(404);
  client c{retrying(net)};
  co_await c.get("http://example.org/");
  EXPECT_EQ(net->calls.size(), 1U);
}

}  // namespace bight::http::request_builder_test
