// A session: base URL, login, cookies, JSON, retries, and many requests at once.
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/http/json.hpp>
#include <boost/describe.hpp>
#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;
namespace http = bight::http;
struct item {
  int id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(item, (), (id, name))

bight::awaitable<http::server_response> shop(http::server_request& request) {
  static int visits = 0;
  http::server_response welcome{200};
  welcome.headers().set("Set-Cookie", "session=abc; HttpOnly");
  if (request.path() == "/login") co_return welcome;
  if (request.headers().get("Cookie") != "session=abc") co_return http::server_response{401};
  if (++visits == 1) co_return http::server_response{503};  // too busy for the first request
  const item it{visits, "loop"};
  co_return http::json_response(it);
}

bight::awaitable<void> buy(http::url base) {
  http::client_options options;
  options.base_url = base;
  options.cookies = http::cookie_jar{};
  options.retries = bight::retry_policy{}.attempts(3).backoff(10ms, 100ms);
  options.timeouts.total = 10s;
  http::client session{options};
  co_await session.post("login").form("user", "ann").form("password", "secret");
  const auto found = co_await http::json<item>(co_await session.get("items/2"));
  std::cout << found.id << ' ' << found.name << '\n';

  std::vector<std::string> urls(20, base.href() + "items/1");
  auto pages = http::fetch_all(session, std::move(urls));
  int good = 0;
  auto page = co_await pages.next();
  while (page) {
    good += page->status == 200;
    page = co_await pages.next();
  }
  std::cout << good << " pages, " << session.metrics().retries << " retry\n";
}

bight::awaitable<void> open_shop() {
  http::server server{shop};
  bight::net::listener listener{bight::net::endpoint{bight::net::ip_address::loopback(), 0}};
  const http::url base{"http://" + listener.local_endpoint().to_string() + "/"};
  auto serving = bight::spawn([&] { return server.serve(std::move(listener)); });
  co_await buy(base);
  server.stop(0s);
  co_await serving;
}
int main() { return bight::run_main(open_shop); }
