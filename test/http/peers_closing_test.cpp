// The client and servers that close kept connections: a thousand requests, and none of them fails.
#include <bight/http/client.hpp>

#include <bight/core/task_group.hpp>
#include <bight/testing/async_test.hpp>
#include <functional>
#include <string>

#include "support/answers.hpp"
#include "support/http_peer.hpp"
#include "support/nginx.hpp"
#include "support/peers.hpp"

namespace bight::http::peers_closing_test {

using test::apache;
using test::apache_options;
using test::get;
using test::nginx;
using test::nginx_options;
using test::ok;
using test::peer;
using test::scripted_server;

// Counts the answers to 1,000 requests, of which `at_once` are in progress at a time.
class thousand {
 public:
  explicit thousand(std::string where) : where_(std::move(where)) {}

  awaitable<void> run(int at_once) {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      for (int i = 0; i != at_once; ++i) group.spawn(get_some, std::ref(*this), requests / at_once).detach();
      co_return;
    });
    EXPECT_EQ(answered_, requests);
  }

 private:
  static constexpr int requests = 1000;
  static awaitable<void> get_some(thousand& t, int count) {
    for (int i = 0; i != count; ++i) {
      const auto r = co_await get(t.client_, t.where_);
      if (r.status == 200 && r.text == "hello") ++t.answered_;
    }
  }

  std::string where_;
  client client_;
  int answered_ = 0;
};

class peers_closing_nginx : public test::with_peers<nginx> {};
class peers_closing_apache : public test::with_peers<apache> {};

ASYNC_TEST_F(peers_closing_nginx, every_third_request) {
  nginx_options options;
  options.server = "keepalive_requests 3;";
  const nginx server{options};
  server.put("hello", "hello");
  for (const int at_once : {1, 20}) {
    thousand t{server.url("/hello")};
    co_await t.run(at_once);
  }
}

ASYNC_TEST_F(peers_closing_apache, every_third_request) {
  apache_options options;
  options.server = "MaxKeepAliveRequests 3\n";
  const apache server{options};
  server.put("hello", "hello");
  for (const int at_once : {1, 20}) {
    thousand t{server.url("/hello")};
    co_await t.run(at_once);
  }
}

// These close without having announced it.
awaitable<void> answer(peer& p, int count) {
  for (int i = 0; i != count; ++i) {
    const auto request = co_await p.read_message();
    if (request.empty()) co_return;
    co_await p.send(ok("hello"));
  }
}

ASYNC_TEST(peers_closing, silently_after_every_third_response) {
  scripted_server server{[](peer& p) -> awaitable<void> { co_await answer(p, 3); }};
  for (const int at_once : {1, 20}) {
    thousand t{server.url()};
    co_await t.run(at_once);
  }
  EXPECT_GE(server.accepted(), 2 * 334U);
}

ASYNC_TEST(peers_closing, instead_of_every_fourth_response) {
  scripted_server server{[](peer& p) -> awaitable<void> {
    co_await answer(p, 3);
    co_await p.read_message();
  }};
  for (const int at_once : {1, 20}) {
    thousand t{server.url()};
    co_await t.run(at_once);
  }
  EXPECT_GE(server.accepted(), 2 * 334U);
}

}  // namespace bight::http::peers_closing_test
