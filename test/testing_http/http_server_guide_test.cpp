// What docs/http-server.md shows.
#include <bight/http.hpp>

#include <algorithm>
#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <bight/http/json.hpp>
#include <bight/net.hpp>
#include <bight/testing.hpp>
#include <bight/testing_http.hpp>
#include <boost/describe.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/certificates.hpp"
#include "support/child_process.hpp"
#include "support/nginx.hpp"
#include "support/peers.hpp"
#include "support/program.hpp"
#include "support/sockets.hpp"

namespace http_server_guide {

namespace http = bight::http;
namespace net = bight::net;
namespace fs = bight::fs;

using namespace std::chrono_literals;
using bight::testing::test_client;
using bight::testing::test_client_options;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// ---- first handler -------------------------------------------------------------------------------

http::server_response greet(http::server_request& request) {
  http::server_response response{200, "hello from " + std::string{request.path()} + "\n"};
  response.headers().set("Cache-Control", "no-store");
  return response;
}

bight::awaitable<void> serve(net::listener listener) {
  http::router site;
  site.get("/hello", greet);
  http::server server{std::move(site)};
  co_await server.serve(std::move(listener));
}

ASYNC_TEST(guide, first_handler) {
  net::listener listener{net::endpoint{net::ip_address::loopback(), 0}};
  const auto url = "http://" + listener.local_endpoint().to_string() + "/hello";
  auto serving = bight::spawn(serve, std::move(listener));
  http::client client;
  auto response = co_await client.get(url);
  const auto text = co_await response.text();
  EXPECT_EQ(text, "hello from /hello\n");
  serving.cancel();
}

// ---- routes --------------------------------------------------------------------------------------

std::string list_items(http::server_request& request) {
  const auto& query = request.query_params();
  return "items with " + std::string{query.get("color").value_or("any color")} + "\n";
}

http::router make_items() {
  http::router items;
  items.get("", list_items);
  items.get("/{id:int}", [](http::server_request& request) {
    return "item " + std::to_string(request.param<int>("id")) + "\n";
  });
  items.put("/{id:int}/name", [] {});  // 204
  items.get("/files/{name:path}", [](http::server_request& request) {
    return "file " + std::string{request.param("name")} + "\n";
  });
  return items;
}

http::router make_api() {
  http::router api;
  api.mount("/items", make_items());
  api.post("/reports", [](http::server_request& request) { return request.text(); })
      .max_body(1024)
      .timeout(2s);
  api.not_found([] { return http::server_response{404, "nothing here\n"}; });
  return api;
}

ASYNC_TEST(guide, routes) {
  test_client client{make_api()};
  std::string all;
  const std::vector<std::string> paths{"/items?color=red", "/items/7", "/items/files/a/b", "/items/x", "/y"};
  for (const auto& path : paths) {
    auto response = co_await client.get(path);
    all += co_await response.text();
  }
  EXPECT_THAT(all, StartsWith("items with red\nitem 7\nfile a/b\n"));
  EXPECT_THAT(all, HasSubstr("nothing here\n"));
  auto empty = co_await client.put("/items/7/name");
  EXPECT_EQ(empty.status(), 204);
  auto wrong = co_await client.delete_("/items/7");
  EXPECT_EQ(wrong.status(), 405);
  auto large = co_await client.post("/reports").text(std::string(2000, 'x'));
  EXPECT_EQ(large.status(), 413);
}

// ---- JSON ----------------------------------------------------------------------------------------

struct item {
  std::string name;
  double price = 0;
  std::optional<std::string> color;
};
BOOST_DESCRIBE_STRUCT(item, (), (name, price, color))

using item_map = std::map<int, item>;

http::router make_json_api(std::shared_ptr<item_map> items) {
  http::router api;
  api.post("/items", [items](http::server_request& request) -> bight::awaitable<http::server_response> {
    auto added = co_await http::json<item>(request);
    const auto id = static_cast<int>(items->size()) + 1;
    items->emplace(id, std::move(added));
    auto response = http::json_response(items->at(id), 201);
    response.headers().set("Location", "/items/" + std::to_string(id));
    co_return response;
  });
  api.get("/items/{id:int}", [items](http::server_request& request) {
    const auto found = items->find(request.param<int>("id"));
    if (found == items->end()) throw http::problem{404, "there is no such item"};
    return http::json_response(found->second);
  });
  return api;
}

ASYNC_TEST(guide, json) {
  test_client client{make_json_api(std::make_shared<item_map>())};
  auto made = co_await client.post("/items").text(R"({"name": "rope", "price": 9.5})");
  EXPECT_EQ(made.status(), 201);
  const auto back = co_await http::json<item>(made);
  EXPECT_EQ(back.name, "rope");
  auto refused = co_await client.post("/items").text(R"({"name": "rope"})");
  const auto why = co_await refused.text();
  EXPECT_EQ(refused.status(), 422);
  EXPECT_THAT(why, HasSubstr("\"pointer\""));
  auto missing = co_await client.get("/items/9");
  EXPECT_EQ(missing.headers().get("Content-Type"), "application/problem+json");
}

// ---- forms ---------------------------------------------------------------------------------------

bight::awaitable<http::server_response> log_in(http::server_request& request) {
  const auto& form = co_await request.form();
  if (form.get("password") != "sesame") throw http::problem{401, "wrong password"};
  auto response = http::redirect_to("/");
  response.set_cookie(http::set_cookie{"session", "t0ken"}.http_only().max_age(24h));
  co_return response;
}

bight::awaitable<std::string> store_files(http::server_request& request) {
  std::string stored;
  http::multipart_reader form{request};
  auto* part = co_await form.next();
  while (part) {
    if (part->filename()) {
      const auto content = co_await part->text(10U << 20U);
      stored += *part->filename() + ": " + std::to_string(content.size()) + " bytes\n";
    }
    part = co_await form.next();
  }
  co_return stored;
}

bight::awaitable<std::string> store_body(http::server_request& request, std::filesystem::path to) {
  request.max_body(4ULL << 30U);
  auto file = co_await fs::open(to, fs::writing);
  std::uint64_t size = 0;
  auto piece = co_await request.read_piece();
  while (!piece.empty()) {
    co_await file.write_at(size, piece);
    size += piece.size();
    piece = co_await request.read_piece();
  }
  co_return std::to_string(size) + " bytes\n";
}

ASYNC_TEST(guide, forms_and_uploads) {
  const auto folder = co_await fs::make_temporary_directory();
  http::router site;
  site.get("/", [](http::server_request& r) { return std::string{r.cookie("session").value_or("none")}; });
  site.post("/login", log_in);
  site.post("/files", store_files);
  site.put("/large", [&](http::server_request& r) { return store_body(r, folder.path() / "large"); });
  test_client client{std::move(site)};
  auto denied = co_await client.post("/login").form("password", "open");
  EXPECT_EQ(denied.status(), 401);
  auto home = co_await client.post("/login").form("password", "sesame");
  const auto session = co_await home.text();
  EXPECT_EQ(session, "t0ken");
  http::multipart form;
  form.field("title", "two").part("a", "12345", "a.txt");
  auto stored = co_await client.post("/files").body(form.take_body(), form.content_type());
  const auto list = co_await stored.text();
  EXPECT_EQ(list, "a.txt: 5 bytes\n");
  auto large = co_await client.put("/large").text(std::string(100'000, 'x'));
  const auto size = co_await large.text();
  EXPECT_EQ(size, "100000 bytes\n");
  EXPECT_EQ(std::filesystem::file_size(folder.path() / "large"), 100'000U);
}

// ---- errors --------------------------------------------------------------------------------------

http::server_response pay(http::server_request&) {
  throw http::problem{403, "your balance is 30, but that costs 50"}
      .type("https://example.com/probs/out-of-credit")
      .with("balance", 30);
}

bight::awaitable<http::server_response> plain_errors(http::server_request& request, http::next next) {
  try {
    co_return co_await next(request);
  } catch (const http::problem& p) { co_return http::server_response{p.status(), p.detail() + "\n"}; }
}

ASYNC_TEST(guide, errors) {
  http::router site;
  site.get("/pay", pay);
  test_client client{std::move(site)};
  auto refused = co_await client.get("/pay");
  const auto text = co_await refused.text();
  EXPECT_THAT(text, HasSubstr("\"balance\":30"));
  std::vector<http::middleware> around;
  around.emplace_back(plain_errors);
  around.emplace_back(http::body_limit(1000));
  test_client plain{http::compose(std::move(around), http::blocking([]() -> std::string {
                                    throw http::problem{400, "no"};
                                  }))};
  auto other = co_await plain.get("/");
  const auto line = co_await other.text();
  EXPECT_EQ(line, "no\n");
}

// ---- middleware ----------------------------------------------------------------------------------

bight::awaitable<http::server_response> measure(http::server_request& request, http::next next) {
  const auto start = bight::clock::now();
  auto response = co_await next(request);
  const auto elapsed = bight::clock::now() - start;
  response.headers().set("X-Process-Time", std::to_string(elapsed / 1ms) + " ms");
  co_return response;
}

http::router make_guarded_site() {
  http::router api;
  api.add_middleware(http::bearer_authentication({http::bearer_auth{"secret"}}));
  api.get("/orders", [] { return "orders\n"; });

  http::router site;
  site.add_middleware(measure);
  site.add_middleware(http::security_headers());
  site.add_middleware(http::compression());
  site.get("/", [] { return "home\n"; });
  site.mount("/api", std::move(api));
  return site;
}

ASYNC_TEST(guide, middleware) {
  test_client client{make_guarded_site()};
  auto home = co_await client.get("/");
  EXPECT_EQ(home.status(), 200);
  EXPECT_EQ(home.headers().get("X-Process-Time"), "0 ms");
  auto denied = co_await client.get("/api/orders");
  EXPECT_EQ(denied.status(), 401);
  auto orders = co_await client.get("/api/orders").bearer_auth("secret");
  EXPECT_EQ(orders.status(), 200);
}

// What middleware finds out, for handlers.
struct user {
  std::string name;
};

http::middleware with_user = [](http::server_request& request,
                                http::next next) -> bight::awaitable<http::server_response> {
  request.set(user{std::string{request.headers().get("X-User").value_or("guest")}});
  return next(request);
};

std::string who(http::server_request& request) { return "hello, " + request.get<user>()->name; }

ASYNC_TEST(guide, values_of_a_request) {
  http::router site;
  site.add_middleware(std::move(with_user));
  site.get("/", who);
  test_client client{std::move(site)};
  auto response = co_await client.get("/").header("X-User", "ann");
  const auto text = co_await response.text();
  EXPECT_EQ(text, "hello, ann");
}

// ---- files and streams ---------------------------------------------------------------------------

http::server_response count_down(http::server_request&) {
  auto body = http::body::produce([](http::body_writer& out) -> bight::awaitable<void> {
    for (int i = 3; i != 0; --i) {
      const auto line = std::to_string(i) + "\n";
      co_await out.write(std::string_view{line});
      co_await bight::sleep(1s);
    }
  });
  http::server_response response{200, std::move(body)};
  response.headers().set("Content-Type", "text/plain");
  return response;
}

bight::awaitable<http::server_response> send_report(std::filesystem::path path) {
  auto file = co_await fs::open(path);
  const auto size = co_await file.size();
  http::server_response response{200, http::body::file(std::move(file), 0, size)};
  response.headers().set("Content-Disposition", "attachment; filename=\"report.txt\"");
  co_return response;
}

http::router make_files(const std::string& folder) {
  http::router site;
  site.mount("/static", http::static_files{folder});
  site.get("/report", [folder] { return send_report(folder + "/report.txt"); });
  site.get("/count", count_down);
  return site;
}

ASYNC_TEST(guide, files_and_streams) {
  const auto folder = co_await fs::make_temporary_directory();
  co_await fs::write_file(folder.path() / "report.txt", "all well\n");
  test_client client{make_files(folder.path().string())};
  auto file = co_await client.get("/static/report.txt");
  EXPECT_EQ(file.headers().get("Content-Type"), "text/plain; charset=utf-8");
  auto report = co_await client.get("/report");
  const auto text = co_await report.text();
  EXPECT_EQ(text, "all well\n");
  auto stream = co_await client.get("/count");
  const auto first = co_await stream.read_piece();
  EXPECT_EQ(first, "3\n");
  const auto rest = co_await stream.text();
  EXPECT_EQ(rest, "2\n1\n");
}

// ---- work that takes long ------------------------------------------------------------------------

std::vector<std::string> mails;

bight::awaitable<void> send_mail(std::string to) {
  co_await bight::sleep(2s);
  mails.push_back(std::move(to));
}

std::string sign_up(http::server_request& request) {
  const std::string to{request.query_params().get("mail").value_or("")};
  request.run_after_response([to] { return send_mail(to); });
  return "welcome\n";
}

std::string render(const http::blocking_request& request) {
  return "drawn on a thread: " + std::to_string(request.body().size()) + " bytes\n";
}

bight::awaitable<std::string> search(http::server_request& request) {
  co_await request.text();
  request.cancel_on_disconnect();
  co_await bight::sleep(10s);  // the database
  co_return "found\n";
}

ASYNC_TEST(guide, work_that_takes_long) {
  http::router site;
  site.post("/sign-up", sign_up);
  site.post("/draw", http::blocking(render));
  site.get("/search", search);
  test_client client{std::move(site)};
  auto welcome = co_await client.post("/sign-up").query("mail", "ann@example.org");
  EXPECT_EQ(welcome.status(), 200);
  EXPECT_TRUE(mails.empty());
  auto drawn = co_await client.post("/draw").text("1234");
  const auto text = co_await drawn.text();
  EXPECT_EQ(text, "drawn on a thread: 4 bytes\n");
  const auto late = co_await bight::as_result(client.get("/search").timeout(1s));
  EXPECT_TRUE(late.has_error());
  co_await client.stop();
  EXPECT_THAT(mails, ElementsAre("ann@example.org"));
}

// ---- limits and TLS ------------------------------------------------------------------------------

http::server_options make_options() {
  http::server_options options;
  options.limits.max_body = 1U << 20U;
  options.limits.idle_timeout = 30s;
  options.limits.header_timeout = 5s;
  options.name.clear();  // no Server header
  return options;
}

http::server_options make_secure_options(const std::string& certificate, const std::string& key) {
  http::server_options options;
  options.tls = net::tls_server_context{net::tls_server_options{certificate, key}};
  return options;
}

class guide_tls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!bight::test::certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};

ASYNC_TEST_F(guide_tls, limits_and_tls) {
  const auto files = bight::test::certificates::instance().good();
  test_client_options options;
  options.server = make_secure_options(files.file, files.key);
  options.client.tls =
      net::tls_client_context::from_ca_file(bight::test::certificates::instance().authority());
  options.client.base_url = http::url{"https://localhost/"};
  test_client client{greet, std::move(options)};
  auto response = co_await client.get("/x");
  EXPECT_EQ(response.status(), 200);
  test_client_options limited;
  limited.server = make_options();
  test_client other{greet, std::move(limited)};
  auto unnamed = co_await other.get("/x");
  EXPECT_FALSE(unnamed.headers().contains("Server"));
}

// ---- testing -------------------------------------------------------------------------------------

ASYNC_TEST(items, are_stored) {
  bight::testing::test_client client{make_json_api(std::make_shared<item_map>())};
  const item rope{"rope", 9.5, {}};
  auto made = co_await client.post("/items").json(rope);
  auto shown = co_await client.get(made.headers().get("Location").value());
  const auto back = co_await http::json<item>(shown);
  EXPECT_EQ(back.name, "rope");
}

// ---- deployment ----------------------------------------------------------------------------------

// The nginx configuration of the guide, between other addresses.
std::string guide_block(std::string_view language) {
  const auto text = bight::test::read_file(BIGHT_SOURCE_DIR "/docs/http-server.md");
  const auto fence = "```" + std::string{language} + "\n";
  const auto begin = text.find(fence);
  if (begin == text.npos) return {};
  const auto from = begin + fence.size();
  return text.substr(from, text.find("```\n", from) - from);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  if (at != text.npos) text.replace(at, from.size(), to);
  return text;
}

class guide_nginx : public bight::test::with_peers<bight::test::nginx> {};

ASYNC_TEST_F(guide_nginx, in_front_of_the_program) {
  bight::test::program server{{BIGHT_PROGRAM_GUIDE_SERVER, "127.0.0.1:0"}};
  const auto backend = server.wait_for_line("ready ");
  const bight::test::scratch_folder folder;
  const auto port = bight::test::closed_port();
  std::string config =
      "daemon off; master_process off; error_log stderr warn; pid nginx.pid;\n"
      "events { worker_connections 64; }\nhttp {\n  access_log off;\n";
  for (const auto* const name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    config += "  " + std::string{name} + "_temp_path " + name + ";\n";
  auto block = replaced(guide_block("nginx"), "127.0.0.1:8080", backend);
  block = replaced(block, "listen 80;", "listen 127.0.0.1:" + std::to_string(port) + ";");
  const auto file = folder.write("nginx.conf", config + block + "}\n");
  bight::test::child_process nginx{{"nginx", "-p", folder.path(), "-c", file, "-e", "stderr"}};
  nginx.wait_for_port(port);

  http::client client;
  const auto url = "http://127.0.0.1:" + std::to_string(port);
  auto me = co_await client.get(url + "/me").header("Host", "example.org");
  const auto seen = co_await me.text();
  EXPECT_EQ(seen, "127.0.0.1 http example.org");
  auto upload = co_await client.post(url + "/upload").text(std::string(3'000'000, 'x'));
  const auto size = co_await upload.text();
  EXPECT_EQ(size, "3000000 bytes\n");

  // A stop answers what has been asked.
  auto slow = bight::spawn([&]() -> bight::awaitable<std::string> {
    auto response = co_await client.get(url + "/slow");
    co_return co_await response.text();
  });
  co_await bight::sleep(100ms);
  server.signal(SIGTERM);
  const auto text = co_await std::move(slow);
  EXPECT_EQ(text, "at last\n");
  auto work = [&] { return server.finish(); };
  const auto end = co_await bight::to_thread(work);
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_THAT(end.err, HasSubstr("\"GET /me HTTP/1.1\" 200"));
}

}  // namespace http_server_guide
