// admin_endpoint: what it shows, and to whom.
#include <bight/service_http/admin_endpoint.hpp>

#include <sys/stat.h>

#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/net/connect.hpp>
#include <bight/testing/async_test.hpp>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"
#include "support/program.hpp"

namespace bight::admin_endpoint_test {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

service_host_options quiet() {
  service_host_options o;
  o.handle_signals = false;
  return o;
}

struct sick {
  awaitable<void> run() { co_await sleep(forever); }
  std::string health() const { return problem; }
  std::string problem;
};

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n"; }
std::string post(const std::string& path, const std::string& body,
                 const std::string& fields = "X-Admin: 1\r\n") {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A host of two services, and its routes, in memory.
class admin_routes_test : public ::testing::Test {
 public:
  awaitable<void> async_set_up() {
    host = std::make_unique<service_host>(quiet());
    host->add("mail \"1\"", [] { return sleep(forever); });
    host->add("store", std::ref(store)).depends_on("mail \"1\"");
    options.metrics = [] { return "letters_total 7\n"; };
    options.log_level = [this] { return level; };
    options.set_log_level = [this](const std::string& text) {
      if (text != "debug" && text != "info") throw std::invalid_argument("no log level: " + text);
      level = text;
    };
    connection = std::make_unique<test::served>(http::handler{admin_routes(*host, options)});
    co_return;
  }
  awaitable<void> start() {
    running = spawn([this] { return host->run(); });
    co_await yield();
    co_await yield();
    co_await yield();
  }
  awaitable<void> stop() {
    host->stop();
    co_await running;
  }

  sick store;
  std::string level = "info";
  admin_options options;
  std::unique_ptr<service_host> host;
  std::unique_ptr<test::served> connection;
  task<void> running;
};

ASYNC_TEST_F(admin_routes_test, health_names_what_is_wrong) {
  auto before = co_await connection->ask(get("/health"));
  EXPECT_EQ(before.status(), 503);
  EXPECT_THAT(before.body, HasSubstr(R"("reason":"waiting")"));
  co_await start();
  auto good = co_await connection->ask(get("/health"));
  EXPECT_EQ(good.status(), 200);
  EXPECT_EQ(good.field("Content-Type"), "application/json");
  EXPECT_THAT(
      good.body,
      StartsWith(
          R"({"status":"healthy","stopping":false,"services":[{"name":"mail \"1\"","state":"running")"));
  EXPECT_THAT(good.body, HasSubstr(R"("depends_on":["mail \"1\""])"));
  store.problem = "disk full";
  auto bad = co_await connection->ask(get("/health"));
  EXPECT_EQ(bad.status(), 503);
  EXPECT_THAT(bad.body, HasSubstr(R"("healthy":false,"reason":"disk full")"));
  co_await stop();
}

ASYNC_TEST_F(admin_routes_test, ready_follows_the_host) {
  auto before = co_await connection->ask(get("/ready"));
  EXPECT_EQ(before.status(), 503);
  co_await start();
  auto ready = co_await connection->ask(get("/ready"));
  EXPECT_EQ(ready.status(), 200);
  EXPECT_EQ(ready.body, "ready\n");
  co_await stop();
  auto after = co_await connection->ask(get("/ready"));
  EXPECT_EQ(after.status(), 503);
  EXPECT_EQ(after.body, "stopping\n");
}

ASYNC_TEST_F(admin_routes_test, metrics_are_those_of_the_services_and_of_the_program) {
  co_await start();
  auto all = co_await connection->ask(get("/metrics"));
  EXPECT_EQ(all.field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(all.body, HasSubstr("bight_service_ready{service=\"mail \\\"1\\\"\"} 1\n"));
  EXPECT_THAT(all.body, HasSubstr("bight_service_restarts_total{service=\"store\"} 0\n"));
  EXPECT_THAT(all.body, HasSubstr("\nletters_total 7\n"));
  co_await stop();
}

ASYNC_TEST_F(admin_routes_test, tasks_are_those_of_the_services_or_all) {
  co_await start();
  auto services = co_await connection->ask(get("/tasks"));
  EXPECT_THAT(services.body, HasSubstr("store: running\n  store waits for sleep"));
  EXPECT_THAT(services.body, Not(HasSubstr("task_group:")));
  auto all = co_await connection->ask(get("/tasks?all"));
  EXPECT_THAT(all.body, HasSubstr("task_group:"));
  co_await stop();
}

ASYNC_TEST_F(admin_routes_test, the_log_level_is_shown_and_set) {
  auto shown = co_await connection->ask(get("/log-level"));
  EXPECT_EQ(shown.body, "info\n");
  auto set = co_await connection->ask(post("/log-level", "debug\n"));
  EXPECT_EQ(set.status(), 200);
  EXPECT_EQ(set.body, "debug\n");
  EXPECT_EQ(level, "debug");
  auto wrong = co_await connection->ask(post("/log-level", "loud"));
  EXPECT_EQ(wrong.status(), 400);
  EXPECT_THAT(wrong.body, HasSubstr("no log level: loud"));
  auto long_text = co_await connection->ask(post("/log-level", std::string(2000, 'x')));
  EXPECT_EQ(long_text.status(), 413);
}

ASYNC_TEST_F(admin_routes_test, changes_need_post_and_the_header) {
  test::log_capture log;
  co_await start();
  for (const std::string path : {"/stop", "/reload", "/log-level"}) {
    auto refused = co_await connection->ask(post(path, "debug", ""));
    EXPECT_EQ(refused.status(), 403) << path;
    EXPECT_THAT(refused.body, HasSubstr("X-Admin"));
  }
  auto by_get = co_await connection->ask(get("/stop"));
  EXPECT_EQ(by_get.status(), 405);
  EXPECT_EQ(level, "info");
  EXPECT_FALSE(host->stopping());
  EXPECT_THAT(log.lines(), Not(::testing::Contains("bight: reloading")));
  auto reload = co_await connection->ask(post("/reload", ""));
  EXPECT_EQ(reload.status(), 202);
  auto stopped = co_await connection->ask(post("/stop", ""));
  EXPECT_EQ(stopped.status(), 202);
  co_await running;
  EXPECT_THAT(log.lines(), ::testing::Contains("bight: reloading"));
}

ASYNC_TEST(admin_endpoint, on_loopback_it_answers_only_to_its_own_names) {
  test::log_capture log;
  service_host host{quiet()};
  admin_endpoint admin{host, net::endpoint{net::ip_address::loopback(), 0}};
  host.add(std::ref(admin));
  auto running = spawn([&] { return host.run(); });
  co_await test::until([&] { return host.ready(); });
  const auto where = admin.local_endpoint();
  const auto port = std::to_string(where.port());
  auto s = co_await net::connect(where);
  test::peer p{std::move(s)};
  for (const auto& name : {"localhost", "localhost:9", "127.0.0.1", "[::1]", "LOCALHOST"}) {
    co_await p.send("GET /ready HTTP/1.1\r\nHost: " + std::string{name} + "\r\n\r\n");
    const auto answer = co_await p.read_message();
    EXPECT_EQ(answer.status(), 200) << name;
  }
  for (const auto& name : {"attacker.example", "127.0.0.2", "localhost.attacker.example", "[::2]"}) {
    co_await p.send("GET /ready HTTP/1.1\r\nHost: " + std::string{name} + ":" + port + "\r\n\r\n");
    const auto answer = co_await p.read_message();
    EXPECT_EQ(answer.status(), 421) << name;
  }
  host.stop();
  co_await running;
}

ASYNC_TEST(admin_endpoint, its_socket_is_for_the_user_of_the_program_only) {
  test::log_capture log;
  const test::scratch_folder folder;
  const auto path = folder.file("admin.sock");
  service_host host{quiet()};
  host.add(admin_endpoint{host, net::endpoint::unix_path(path)});
  host.add("web", [] { return sleep(forever); }).depends_on("admin");
  auto running = spawn([&] { return host.run(); });
  co_await test::until([&] { return host.ready(); });
  struct stat file {};
  EXPECT_EQ(::stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
  auto s = co_await net::connect(net::endpoint::unix_path(path));
  test::peer p{std::move(s)};
  co_await p.send("GET /ready HTTP/1.1\r\nHost: anything\r\n\r\n");
  const auto answer = co_await p.read_message();
  EXPECT_EQ(answer.status(), 200);
  host.stop();
  co_await running;
}

ASYNC_TEST(admin_endpoint, listens_on_this_machine_only) {
  service_host host{quiet()};
  for (const auto* text : {"0.0.0.0:80", "[::]:80", "192.0.2.1:80"}) {
    const auto where = net::endpoint::parse(text).value();
    std::string said;
    try {
      const admin_endpoint admin{host, where};
    } catch (const std::invalid_argument& e) { said = e.what(); }
    EXPECT_EQ(said, "bight: admin_endpoint: " + std::string{text} +
                        " is neither a loopback address nor a Unix domain socket");
  }
  co_return;
}

}  // namespace bight::admin_endpoint_test
