// What docs/http-client.md shows.
#include <bight/http.hpp>

#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <bight/http/json.hpp>
#include <bight/net.hpp>
#include <bight/testing.hpp>
#include <boost/describe.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/program.hpp"

namespace http_client_guide {

namespace http = bight::http;
namespace net = bight::net;
namespace fs = bight::fs;

using namespace std::chrono_literals;

std::ostringstream out;

// What was printed since the last call.
std::string printed() { return std::exchange(out, std::ostringstream{}).str(); }

// ---- first calls ---------------------------------------------------------------------------------

bight::awaitable<void> get_a_page() {
  http::client client;
  auto response = co_await client.get("http://shop.example/hello");
  out << response.status().code() << ' ' << co_await response.text() << '\n';
}

bight::awaitable<void> search(http::client& client) {
  auto found = co_await client.get("http://shop.example/search")
                   .query("q", "a loop")
                   .query("page", 2)
                   .header("X-Trace", "42")
                   .timeout(5s);
  out << found.url().query() << '\n';
}

bight::awaitable<void> in_steps(http::client& client, bool trace) {
  auto request = client.get("http://shop.example/hello");
  if (trace) request.header("X-Trace", "42");
  auto response = co_await std::move(request);
  out << co_await response.text() << '\n';
}

bight::awaitable<void> two_at_once(http::client& client) {
  auto [page, item] = co_await bight::gather(client.get("http://shop.example/hello"),
                                             client.head("http://shop.example/items/7"));
  out << page.status().code() << ' ' << item.status().code() << '\n';
}

// ---- errors --------------------------------------------------------------------------------------

bight::awaitable<void> check_the_status(http::client& client) {
  auto response = co_await client.get("http://shop.example/gone");
  try {
    response.raise_for_status();
  } catch (const http::status_error& e) {
    out << e.status().code() << ' ' << e.status().reason_phrase() << '\n';
  }
}

bight::awaitable<void> errors_as_values(http::client& client) {
  auto result = co_await bight::as_result(client.get("http://no-such-host.example/"));
  if (!result) out << result.error().message() << '\n';
}

// ---- bodies --------------------------------------------------------------------------------------

bight::awaitable<void> send_bodies(http::client& client) {
  const std::string where = "http://shop.example/echo";
  auto text = co_await client.put(where).text("two loops");
  auto bytes = co_await client.post(where).bytes(std::string("\0\1", 2));
  auto form = co_await client.post(where).form("name", "bight").form("count", 2);
  auto other = co_await client.post(where).body("a,b\n1,2\n", "text/csv");
  out << co_await form.text() << '\n';
}

struct item {
  int id = 0;
  std::string name;
  std::optional<double> price;
};
BOOST_DESCRIBE_STRUCT(item, (), (id, name, price))

bight::awaitable<void> send_and_receive_json(http::client& client) {
  item wanted;
  wanted.id = 8;
  wanted.name = "knot";
  auto response = co_await client.post("http://shop.example/items").json(wanted);
  response.raise_for_status();
  const auto made = co_await http::json<item>(response);
  out << made.id << ' ' << made.name << ' ' << made.price.value_or(0) << '\n';
}

bight::awaitable<void> wrong_json(http::client& client) {
  auto response = co_await client.get("http://shop.example/items/broken");
  try {
    const auto it = co_await http::json<item>(response);
    out << it.name << '\n';
  } catch (const http::json_error& e) { out << e.pointer() << ": " << e.reason() << '\n'; }
}

bight::awaitable<void> upload(http::client& client, std::filesystem::path photo) {
  http::multipart form;
  form.field("title", "Holiday").file("photo", photo);
  auto response = co_await client.post("http://shop.example/size").multipart(std::move(form));
  out << co_await response.text() << '\n';
}

http::body numbers() {
  return http::body::produce([](http::body_writer& sink) -> bight::awaitable<void> {
    for (int i = 0; i != 3; ++i) co_await sink.write(std::to_string(i) + '\n');
  });
}
bight::awaitable<void> stream_a_body(http::client& client) {
  auto once = co_await client.post("http://shop.example/size").body(numbers());
  auto again = co_await client.put("http://shop.example/size").body(http::body::again(numbers));
  out << co_await once.text() << ' ' << co_await again.text() << '\n';
}

// ---- responses -----------------------------------------------------------------------------------

bight::awaitable<void> read_lines(http::client& client) {
  auto response = co_await client.get("http://shop.example/lines");
  auto lines = response.lines();
  auto line = co_await lines.next();
  while (line) {
    out << *line << '|';
    line = co_await lines.next();
  }
}

bight::awaitable<void> read_pieces(http::client& client) {
  auto response = co_await client.get("http://shop.example/lines");
  std::size_t size = 0;
  auto piece = co_await response.read_piece();
  while (!piece.empty()) {
    size += piece.size();
    piece = co_await response.read_piece();
  }
  out << size << " bytes\n";
}

bight::awaitable<void> save(http::client& client, std::filesystem::path file) {
  auto response = co_await client.get("http://shop.example/lines");
  response.raise_for_status();
  const auto size = co_await response.save_to(file);
  out << size << " bytes\n";
}

bight::awaitable<void> download_a_file(http::client& client, std::filesystem::path file) {
  http::download_options options;
  options.resume = true;
  options.compute_sha256 = true;
  options.on_progress = [](std::uint64_t received, std::optional<std::uint64_t> total) {
    if (received == total) out << "all " << received << " bytes\n";
  };
  const auto got = co_await http::download(client, "http://shop.example/lines", file, options);
  out << got.size << ' ' << got.sha256.substr(0, 8) << '\n';
}

// ---- a session -----------------------------------------------------------------------------------

http::client make_session() {
  http::client_options options;
  options.base_url = http::url{"http://shop.example/"};
  options.default_headers.set("Accept", "application/json");
  options.default_query.append("lang", "en");
  options.auth = http::bearer_auth{"token"};
  options.cookies = http::cookie_jar{};
  options.timeouts.first_byte = 10s;
  options.limits.max_connections_per_host = 8;
  return http::client{options};
}
bight::awaitable<void> use_the_session() {
  auto session = make_session();
  co_await session.post("login").form("user", "ann");
  auto who = co_await session.get("whoami");
  out << co_await who.text() << '\n';
}

bight::awaitable<void> keep_cookies(std::filesystem::path file) {
  http::cookie_jar jar;
  http::client_options options;
  options.cookies = jar;
  http::client client{options};
  co_await client.get("http://shop.example/login");
  if (const auto session = jar.get(http::url{"http://shop.example/"}, "session"))
    out << session->value << '\n';
  co_await jar.save(file);
  const auto same = co_await http::cookie_jar::load(file);
  out << same.size() << " cookie\n";
}

bight::awaitable<void> authenticate(http::client& client) {
  const std::string where = "http://shop.example/whoami";
  auto basic = co_await client.get(where).basic_auth("ann", "secret");
  auto bearer = co_await client.get(where).bearer_auth("token");
  auto digest = co_await client.get(where).digest_auth("ann", "secret");
  out << co_await basic.text() << ", " << co_await bearer.text() << '\n';
}

bight::awaitable<void> use_netrc(http::client_options& options) {
  if (const auto path = http::netrc::default_path()) options.netrc = co_await http::netrc::load(*path);
}

// ---- time ----------------------------------------------------------------------------------------

bight::awaitable<void> set_timeouts() {
  http::client_options options;
  options.timeouts.connect = 3s;
  options.timeouts.first_byte = 5s;
  options.timeouts.total = 1min;
  http::client client{options};
  try {
    co_await client.get("http://shop.example/slow");
  } catch (const bight::timeout_error& e) { out << e.what() << '\n'; }
  const auto soon = co_await bight::as_result(bight::wait_for(client.get("http://shop.example/slow"), 1s));
  out << (soon ? "in time" : "too late") << '\n';
}

bight::awaitable<void> retry_requests() {
  bight::retry_policy policy;
  policy.attempts(5).backoff(200ms, 5s);
  http::client_options options;
  options.retries = policy;
  http::client client{options};
  auto response = co_await client.get("http://shop.example/busy");
  out << response.status().code() << " after " << client.metrics().retries << " retries\n";
}

// ---- ways to the server --------------------------------------------------------------------------

http::client through_a_proxy() {
  http::client_options options;
  options.proxy = http::url{"socks5h://user:password@proxy.example:1080"};
  return http::client{options};
}
http::client without_any_proxy() {
  http::client_options options;
  options.trust_environment = false;
  return http::client{options};
}

http::client with_own_certificates() {
  net::tls_client_options tls;
  tls.ca_file = "company-ca.pem";
  tls.certificate_file = "client.pem";
  tls.pins.emplace_back("sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  tls.min_version = net::tls_version::tls_1_3;
  http::client_options options;
  options.tls = net::tls_client_context{tls};
  return http::client{options};
}

http::client over_a_unix_socket() {
  http::client_options options;
  options.unix_socket = "/run/app.sock";
  return http::client{options};
}

http::client for_urls_of_strangers() {
  http::client_options options;
  options.connect_policy = net::public_only;
  options.trust_environment = false;
  options.limits.max_body = 1U << 20U;
  return http::client{options};
}

// ---- seams ---------------------------------------------------------------------------------------

void count_requests(http::client& client, int& count) {
  client.add_middleware(
      [&count](http::request& request, http::client_next next) -> bight::awaitable<http::response> {
        ++count;
        request.headers().set("X-Request-Number", std::to_string(count));
        auto response = co_await next(request);
        co_return response;
      });
}

http::client with_hooks() {
  http::client_options options;
  options.on_request = [](const http::request& r) {
    out << "> " << r.method().name() << ' ' << r.url().path() << '\n';
  };
  options.on_response = [](const http::response& r) { out << "< " << r.status().code() << '\n'; };
  return http::client{options};
}

bight::awaitable<void> look_inside(http::client& client) {
  auto response = co_await client.get("http://shop.example/lines");
  co_await response.text();
  const auto& times = response.timeline();
  if (times.connection && times.connection->network.lookup_end) out << "looked up, ";
  if (times.head && times.end) out << (*times.end - times.start) / 1ms << " ms, ";
  const auto metrics = client.metrics();
  out << metrics.calls << " call, " << metrics.connections.idle << " idle connection\n";
}

// ---- many URLs -----------------------------------------------------------------------------------

bight::awaitable<void> fetch_many(http::client& client, std::vector<std::string> urls) {
  http::fetch_options options;
  options.max_concurrent = 10;
  options.in_order = true;
  auto pages = http::fetch_all(client, std::move(urls), options);
  auto page = co_await pages.next();
  while (page) {
    out << page->index << ": " << (page->ok() ? std::to_string(page->status.code()) : "failed") << '\n';
    page = co_await pages.next();
  }
}

void without_coroutines(const std::string& url) {
  http::sync_client client;
  auto response = client.get(url).query("page", 2).send();
  response.raise_for_status();
  out << response.text() << '\n';
}

// ---- tests ---------------------------------------------------------------------------------------

bight::awaitable<http::server_response> shop(http::server_request& request) {
  static int busy = 0;
  const std::string path{request.path()};
  const auto text = [](std::string t) { return http::server_response{200, std::move(t)}; };
  if (path == "/hello") co_return text("hello");
  if (path == "/search") co_return text(std::string{request.query()});
  if (path == "/items") co_return text(R"({"id": 8, "name": "knot", "price": 2.5})");
  if (path == "/items/7") co_return text("{}");
  if (path == "/items/broken") co_return text(R"({"id": "eight", "name": "knot"})");
  if (path == "/echo") co_return text(co_await request.text());
  if (path == "/size") {
    const auto body = co_await request.text();
    co_return text(std::to_string(body.size()));
  }
  if (path == "/lines") co_return text("one\ntwo\nthree\n");
  if (path == "/busy" && ++busy < 3) co_return http::server_response{503};
  if (path == "/busy") co_return text("");
  if (path == "/slow") {
    co_await bight::sleep(1h);
    co_return text("");
  }
  if (path == "/login") {
    auto r = text("");
    r.headers().set("Set-Cookie", "session=abc; Max-Age=1000");
    co_return r;
  }
  if (path == "/whoami") {
    std::string who{request.headers().get("Cookie").value_or("")};
    who.append(who.empty() ? "" : " ").append(request.headers().get("Authorization").value_or("nobody"));
    co_return text(std::move(who));
  }
  co_return http::server_response{404};
}

// Runs `body` beside the shop.
bight::awaitable<void> beside_the_shop(bight::unique_function<bight::awaitable<void>(http::client&)> body) {
  bight::testing::fake_network network;
  const auto inside = network.use();
  network.add_host("shop.example", {"192.0.2.7"});
  http::server server{shop};
  net::listener listener{net::endpoint::parse("192.0.2.7:80").value()};
  auto serving = bight::spawn([&] { return server.serve(std::move(listener)); });
  http::client client;
  co_await body(client);
  server.stop(0s);
  client.close_idle();
  co_await serving;
}

using step = bight::awaitable<void> (*)(http::client&);

bight::awaitable<std::string> printed_by(step s) {
  const auto body = [s](http::client& c) { return s(c); };
  co_await beside_the_shop(body);
  co_return printed();
}

TEST(http_client_guide, calls_print_what_the_guide_says) {
  const std::pair<step, std::string> steps[] = {
      {[](http::client&) { return get_a_page(); }, "200 hello\n"},
      {search, "q=a+loop&page=2\n"},
      {[](http::client& c) { return in_steps(c, true); }, "hello\n"},
      {two_at_once, "200 200\n"},
      {check_the_status, "404 Not Found\n"},
      {send_bodies, "name=bight&count=2\n"},
      {send_and_receive_json, "8 knot 2.5\n"},
      {stream_a_body, "6 6\n"},
      {read_lines, "one|two|three|"},
      {read_pieces, "14 bytes\n"},
      {[](http::client&) { return use_the_session(); }, "session=abc Bearer token\n"},
      {authenticate, "Basic YW5uOnNlY3JldA==, Bearer token\n"},
      {[](http::client&) { return retry_requests(); }, "200 after 2 retries\n"},
      {look_inside, "looked up, 0 ms, 1 call, 1 idle connection\n"},
      {[](http::client& c) {
         std::vector<std::string> urls{"http://shop.example/hello", "not a URL", "http://shop.example/gone"};
         return fetch_many(c, std::move(urls));
       },
       "0: 200\n1: failed\n2: 404\n"},
  };
  for (const auto& [run, text] : steps)
    bight::testing::run_virtual([run = run, text = text]() -> bight::awaitable<void> {
      const auto got = co_await printed_by(run);
      EXPECT_EQ(got, text);
    });
}

ASYNC_TEST(http_client_guide, an_unknown_host_is_an_error_as_a_value) {
  const auto got = co_await printed_by(errors_as_values);
  EXPECT_FALSE(got.empty());
}

ASYNC_TEST(http_client_guide, wrong_json_says_where) {
  const auto got = co_await printed_by(wrong_json);
  EXPECT_EQ(got.substr(0, 4), "/id:");
}

ASYNC_TEST(http_client_guide, timeouts_say_which_and_the_caller_may_have_one) {
  const auto got = co_await printed_by([](http::client&) { return set_timeouts(); });
  EXPECT_NE(got.find("timeouts.first_byte"), got.npos) << got;
  EXPECT_NE(got.find("too late"), got.npos) << got;
}

ASYNC_TEST(http_client_guide, files) {
  const bight::test::scratch_folder folder;
  const auto body = [&](http::client& c) -> bight::awaitable<void> {
    const auto photo = folder.write("beach.jpg", "pixels");
    co_await upload(c, photo);
    co_await save(c, folder.file("saved"));
    co_await download_a_file(c, folder.file("downloaded"));
    co_await keep_cookies(folder.file("cookies.txt"));
  };
  co_await beside_the_shop(body);
  const auto got = printed();
  EXPECT_NE(got.find("14 bytes\nall 14 bytes\n14 "), got.npos) << got;
  EXPECT_NE(got.find("\nabc\n1 cookie\n"), got.npos) << got;
}

ASYNC_TEST(http_client_guide, seams) {
  const auto body = [&](http::client& c) -> bight::awaitable<void> {
    int count = 0;
    count_requests(c, count);
    co_await c.get("http://shop.example/hello");
    EXPECT_EQ(count, 1);
    auto hooked = with_hooks();
    co_await hooked.get("http://shop.example/hello");
    hooked.close_idle();
  };
  co_await beside_the_shop(body);
  EXPECT_EQ(printed(), "> GET /hello\n< 200\n");
}

TEST(http_client_guide, clients_are_made) {
  static_cast<void>(through_a_proxy());
  static_cast<void>(without_any_proxy());
  static_cast<void>(over_a_unix_socket());
  static_cast<void>(for_urls_of_strangers());
  EXPECT_THROW(with_own_certificates(), boost::system::system_error) << "there are no such files here";
  static_cast<void>(use_netrc);
  static_cast<void>(without_coroutines);
}

}  // namespace http_client_guide
