// The server and the clients of other languages: aiohttp, httpx, fetch in Node, and a browser.
#include <bight/http/server.hpp>

#include <bight/core/timeout.hpp>
#include <bight/http/middleware/cors.hpp>
#include <bight/http/router.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/child_process.hpp"
#include "support/http_served.hpp"
#include "support/peer_site.hpp"
#include "support/peers.hpp"

namespace bight::http::peers_server_clients_test {

using test::find_program;
using test::peer_notes;
using test::python_with;
using test::run_client;
using test::scratch_folder;
using ::testing::Contains;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::Not;

std::string script(std::string_view name) {
  return std::string{BIGHT_SOURCE_DIR "/test/support/"}.append(name);
}

class aiohttp_program {
 public:
  static std::string python() { return python_with({"aiohttp"}); }
  static std::string missing() {
    return python().empty() ? "python3-aiohttp is not installed: sh cmake/install_deps.sh peers" : "";
  }
};
class httpx_program {
 public:
  static std::string python() { return python_with({"httpx"}); }
  static std::string missing() {
    return python().empty() ? "python3-httpx is not installed: sh cmake/install_deps.sh peers" : "";
  }
};
class node_program {
 public:
  static std::string missing() { return test::missing_program("node"); }
};
class chromium_program {
 public:
  static std::string missing() { return test::missing_program("chromium"); }
};
class peers_server_aiohttp : public test::with_peers<aiohttp_program> {};
class peers_server_httpx : public test::with_peers<httpx_program> {};
class peers_server_fetch : public test::with_peers<node_program> {};
class peers_server_chromium : public test::with_peers<chromium_program> {};

class site {
 public:
  site() : notes(std::make_shared<peer_notes>()), server(test::peer_site(notes, folder.path())) {}
  std::string origin() const { return "http://" + server.where().to_string(); }

  scratch_folder folder;
  std::shared_ptr<peer_notes> notes;
  test::running server;
};

ASYNC_TEST_F(peers_server_aiohttp, does_what_programs_do) {
  site s;
  std::vector<std::string> command{aiohttp_program::python(), script("aiohttp_client.py"), s.origin()};
  const auto result = co_await run_client(std::move(command));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "get\nredirect\njson\nchunked upload\nform\nexpect\nstream\ncompressed\ntwo hundred at once\n");
}

ASYNC_TEST_F(peers_server_httpx, does_what_programs_do) {
  site s;
  std::vector<std::string> command{httpx_program::python(), script("httpx_client.py"), s.origin()};
  const auto result = co_await run_client(std::move(command));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "methods\nredirect\nform\nchunked upload\nrange\nstream\ncompressed\na hundred at once\n");
}

ASYNC_TEST_F(peers_server_fetch, does_what_programs_do) {
  site s;
  std::vector<std::string> command{find_program("node"), script("fetch_client.mjs"), s.origin()};
  const auto result = co_await run_client(std::move(command));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "get\nredirect\njson\nform\nchunked upload\nstream\ncompressed\nabort\ntwo hundred at once\n");
}

// An API that pages of one other origin may use.
router api_for(std::string origin) {
  cors_options allowed;
  allowed.origins.push_back(std::move(origin));
  allowed.methods.push_back("PUT");
  allowed.headers.push_back("X-Token");
  allowed.headers.push_back("Content-Type");
  allowed.exposed_headers.push_back("X-Shown");
  router api;
  api.add_middleware(cors(std::move(allowed)));
  api.any("/item", [](server_request& r) {
    server_response response{200, std::string{r.method().name()}};
    response.headers().set("X-Shown", "yes");
    response.headers().set("X-Hidden", "yes");
    return response;
  });
  return api;
}

// Without the last five, a browser looks for its maker's hosts.
std::vector<std::string> browser_command(const std::string& profile) {
  return {find_program("chromium"),
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--mute-audio",
          "--disable-dev-shm-usage",
          "--no-proxy-server",
          "--disable-sync",
          "--disable-component-update",
          "--disable-background-networking",
          "--user-data-dir=" + profile};
}

ASYNC_TEST_F(peers_server_chromium, uploads_a_form_asks_before_it_crosses_origins_and_plays_a_video) {
  site s;
  std::vector<std::string> asked_api;
  auto routes = api_for(s.origin());
  test::running api{[&](server_request& r) -> awaitable<server_response> {
    asked_api.push_back(std::string{r.method().name()});
    return routes(r);
  }};
  auto command = browser_command(s.folder.file("profile"));
  command.push_back(s.origin() + "/page/browser_page.html?api=http://" + api.where().to_string());
  const test::child_process browser{command};
  const auto reported = [&] { return s.notes->reported.wait(); };
  const bool in_time = co_await move_on_after(std::chrono::seconds{45}, reported);
  CO_ASSERT_TRUE(in_time);
  EXPECT_EQ(s.notes->report,
            "form: title - text/plain 18\nphoto a \"b\".jpg image/jpeg 70000\n"
            "preflight: PUT,yes,\n"
            "forbidden: TypeError\n"
            "video: 64x48\n");
  EXPECT_THAT(asked_api, ::testing::ElementsAre("OPTIONS", "PUT", "OPTIONS"));
  EXPECT_THAT(s.notes->ranges, Not(::testing::IsEmpty()));
  EXPECT_THAT(s.notes->ranges, Each(EndsWith(": 206")));
}

}  // namespace bight::http::peers_server_clients_test
