// What docs/from-asyncio.md shows of HTTP.
#include <bight/http.hpp>

#include <bight/core.hpp>
#include <bight/http/json.hpp>
#include <bight/net.hpp>
#include <bight/testing.hpp>
#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/raw_server.hpp"

namespace http_guide {
namespace guide_test {

namespace http = bight::http;
namespace net = bight::net;

using namespace std::chrono_literals;

std::ostringstream out;

// What was printed since the last call.
std::string printed() { return std::exchange(out, std::ostringstream{}).str(); }

// ---- client --------------------------------------------------------------------------------------

bight::awaitable<void> fetch(std::string url) {
  http::client client;
  auto response = co_await client.get(url);
  response.raise_for_status();
  out << response.status().code() << ' ' << co_await response.text() << '\n';
}

bight::awaitable<void> upload(http::client& client, http::url where) {
  http::request request{http::method::post, std::move(where)};
  request.set_body(http::body::produce([](http::body_writer& body) -> bight::awaitable<void> {
    for (int i = 0; i != 3; ++i) co_await body.write("line " + std::to_string(i) + '\n');
  }));
  auto response = co_await client.send(std::move(request));
  out << co_await response.text();
}

bight::awaitable<void> download(http::client& client, std::string url) {
  auto response = co_await client.get(url);
  auto piece = co_await response.read_piece();
  while (!piece.empty()) {
    out << piece;
    piece = co_await response.read_piece();
  }
}

class teapot final : public http::transport {
 public:
  bight::awaitable<http::response> send(http::request& request) override {
    co_return http::response{418, "no coffee at " + std::string{request.url().path()}};
  }
};

bight::awaitable<void> ask_a_mock() {
  http::client_options options;
  options.transport = std::make_shared<teapot>();
  http::client client{options};
  co_await download(client, "http://pot.example/coffee");
}

void authorize(http::client& client, std::string token) {
  client.add_middleware([token = std::move(token)](http::request& request, http::client_next next) {
    request.headers().set("Authorization", "Bearer " + token);
    return next(request);
  });
}

// ---- the samples of aiohttp and httpx ------------------------------------------------------------

bight::awaitable<std::string> fetch_text(http::client client, std::string url) {
  auto response = co_await client.get(url);
  out << "Status: " << response.status().code() << '\n';
  co_return co_await response.text();
}
bight::awaitable<void> fetch_page() {
  http::client client;
  const auto html = co_await fetch_text(client, "http://example.org/get");
  out << "Fetched " << html.size() << " characters\n";
}

bight::awaitable<void> fetch_pages(std::vector<std::string> urls) {
  http::client client;
  const auto fetch_one = [&](const std::string& url) { return fetch_text(client, url); };
  const auto results = co_await bight::map_concurrent(urls, urls.size(), fetch_one);
  out << "Fetched " << results.size() << " pages\n";
}

bight::awaitable<void> relative_to_a_base() {
  http::client_options options;
  options.base_url = http::url{"http://example.org"};
  http::client session{options};
  co_await session.get("/get");
  auto response = co_await session.post("/post").bytes("data");
  out << response.status().code() << '\n';
}

bight::awaitable<boost::json::value> fetch_data() {
  http::client client;
  auto response = co_await client.get("http://example.org/repos/encode/httpx");
  out << response.status().code() << '\n';
  co_return co_await http::json(response);
}
boost::json::value fetch_data_sync(const std::string& url) {
  http::sync_client client;
  auto response = client.get(url).send();
  return http::from_json(response.bytes());
}

// ---- server --------------------------------------------------------------------------------------

bight::awaitable<http::server_response> count(http::server_request& request) {
  const auto text = co_await request.text();
  co_return http::server_response{200, std::to_string(text.size()) + " bytes"};
}

bight::awaitable<http::server_response> echo(http::server_request& request) {
  auto body = http::body::produce([&](http::body_writer& sink) -> bight::awaitable<void> {
    auto piece = co_await request.read_piece();
    while (!piece.empty()) {
      co_await sink.write(piece);
      piece = co_await request.read_piece();
    }
  });
  co_return http::server_response{200, std::move(body)};
}

bight::awaitable<http::server_response> measure(http::server_request& request, http::next next) {
  const auto start = bight::clock::now();
  auto response = co_await next(request);
  const auto elapsed = bight::clock::now() - start;
  response.headers().set("X-Process-Time", std::to_string(elapsed / 1ms) + " ms");
  co_return response;
}

bight::awaitable<void> serve(net::listener listener) {
  std::vector<http::middleware> around;
  around.emplace_back(measure);
  http::server server{http::compose(std::move(around), echo)};
  co_await server.serve(std::move(listener));
}

// ---- upgrades ------------------------------------------------------------------------------------

bight::awaitable<http::server_response> accept_lines(http::server_request& request) {
  co_return http::upgrade(request, "lines", {}, [](net::stream s) -> bight::awaitable<void> {
    net::reader in{s};
    const auto line = co_await in.read_line();
    co_await s.write("you said " + line.value_or("nothing") + '\n');
  });
}

bight::awaitable<void> send_a_line(http::client& client, http::url where) {
  http::request request{http::method::get, std::move(where)};
  request.headers().set("Connection", "Upgrade");
  request.headers().set("Upgrade", "lines");
  auto response = co_await client.send(std::move(request));
  auto s = http::take_stream(std::move(response));
  co_await s.write("hello\n");
  net::reader in{s};
  const auto line = co_await in.read_line();
  out << line.value_or("nothing") << '\n';
}

// ---- tests ---------------------------------------------------------------------------------------

// Runs `body` beside a server at http://example.org/.
bight::awaitable<void> beside(http::handler handler,
                              bight::unique_function<bight::awaitable<void>(http::client&)> body) {
  bight::testing::fake_network network;
  const auto inside = network.use();
  network.add_host("example.org", {"192.0.2.7"});
  http::server server{std::move(handler)};
  net::listener listener{net::endpoint::parse("192.0.2.7:80").value()};
  auto serving = bight::spawn([&] { return server.serve(std::move(listener)); });
  http::client client;
  co_await body(client);
  server.stop(0s);
  client.close_idle();
  co_await serving;
}

ASYNC_TEST(http_guide, fetches_a_page) {
  const auto body = [](http::client&) { return fetch("http://example.org/"); };
  co_await beside(count, body);
  EXPECT_EQ(printed(), "200 0 bytes\n");
}

ASYNC_TEST(http_guide, the_samples_of_aiohttp_and_httpx) {
  const auto handler = [](http::server_request&) -> bight::awaitable<http::server_response> {
    co_return http::json_response(std::string{"hello"});
  };
  const auto body = [](http::client&) -> bight::awaitable<void> {
    co_await fetch_page();
    std::vector<std::string> urls{"http://example.org/1", "http://example.org/2"};
    co_await fetch_pages(std::move(urls));
    co_await relative_to_a_base();
    const auto data = co_await fetch_data();
    EXPECT_EQ(data, boost::json::value("hello"));
  };
  co_await beside(handler, body);
  EXPECT_EQ(printed(),
            "Status: 200\nFetched 7 characters\nStatus: 200\nStatus: 200\nFetched 2 pages\n200\n200\n");
}

TEST(http_guide, the_synchronous_sample) {
  bight::test::raw_server server{[](const std::string&, const bight::test::raw_server::connection& c) {
    c.send(bight::test::http_response("200 OK", "application/json", "[1]"));
  }};
  EXPECT_EQ(fetch_data_sync(server.url()).as_array().size(), 1U);
}

ASYNC_TEST(http_guide, uploads_and_echoes) {
  const auto body = [](http::client& c) { return upload(c, http::url{"http://example.org/"}); };
  co_await beside(echo, body);
  EXPECT_EQ(printed(), "line 0\nline 1\nline 2\n");
  co_await beside(count, body);
  EXPECT_EQ(printed(), "21 bytes");
}

ASYNC_TEST(http_guide, asks_a_mock) {
  co_await ask_a_mock();
  EXPECT_EQ(printed(), "no coffee at /coffee");
}

ASYNC_TEST(http_guide, middleware_of_a_client) {
  const auto handler = [](http::server_request& r) -> bight::awaitable<http::server_response> {
    co_return http::server_response{200, std::string{r.headers().get("Authorization").value_or("none")}};
  };
  const auto body = [](http::client& c) {
    authorize(c, "abc");
    return download(c, "http://example.org/");
  };
  co_await beside(handler, body);
  EXPECT_EQ(printed(), "Bearer abc");
}

ASYNC_TEST(http_guide, middleware_of_a_server) {
  bight::testing::fake_network network;
  const auto inside = network.use();
  net::listener listener{net::endpoint::parse("192.0.2.7:80").value()};
  auto serving = bight::spawn(serve, std::move(listener));
  http::client client;
  auto response = co_await client.get("http://192.0.2.7/");
  EXPECT_EQ(response.headers().get("X-Process-Time").value_or("none"), "0 ms");
  serving.cancel();
  co_await serving.wait();
}

ASYNC_TEST(http_guide, upgrades) {
  const auto body = [](http::client& c) { return send_a_line(c, http::url{"http://example.org/"}); };
  co_await beside(accept_lines, body);
  EXPECT_EQ(printed(), "you said hello\n");
}

}  // namespace guide_test
}  // namespace http_guide
