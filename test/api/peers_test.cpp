// The documents by programs of others, and the page in a browser.
#include <bight/api/router.hpp>

#include <bight/testing/async_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/sample_apis.hpp"
#include "support/child_process.hpp"
#include "support/http_served.hpp"
#include "support/peer_site.hpp"
#include "support/peers.hpp"

namespace bight::api_peers_test {

using test::run_client;
using test::scratch_folder;

std::string script(std::string_view name) {
  return std::string{BIGHT_SOURCE_DIR "/test/support/"}.append(name);
}

std::string missing_npm(std::string_view package) {
  if (auto why = test::missing_program("node"); !why.empty()) return why;
  if (std::filesystem::exists(std::string{BIGHT_SOURCE_DIR "/test/npm/node_modules/"}.append(package)))
    return {};
  return std::string{"the npm package "}.append(package).append(
      " is not installed: npm ci --prefix test/npm");
}

class validators {
 public:
  static std::string missing() { return missing_npm("@redocly/cli"); }
};
class chromium {
 public:
  static std::string missing() {
    const auto why = test::missing_program("chromium");
    return why.empty() ? missing_npm("axe-core") : why;
  }
};
class api_validators : public test::with_peers<validators> {};
class api_page : public test::with_peers<chromium> {};

ASYNC_TEST_F(api_validators, accept_the_documents) {
  scratch_folder folder;
  std::vector<std::string> command{test::find_program("node"), script("check_openapi.mjs")};
  const auto write = [&](std::string_view name, const api::router& routes) {
    auto file = folder.file(name);
    routes.write_openapi(file);
    command.push_back(std::move(file));
  };
  write("shop.json", test::sample::shop_api());
  write("office.json", test::sample::office_api());
  write("drawing.json", test::sample::drawing_api());
  const auto result = co_await run_client(std::move(command));
  EXPECT_EQ(result.status, 0) << result.out << result.err;
}

inline constexpr auto get_item =
    api::get<std::string>("/items/{id}", api::path<int>("id").min(1)).summary("One item");
inline constexpr auto add_item =
    api::post<int>("/items", api::body<test::shop::item>()).summary("Adds an item").deprecated();
inline constexpr auto add_photo = api::post<std::string>("/photos/{id}", api::path<int>("id"),
                                                         api::form<std::string>("title"), api::file("photo"))
                                      .summary("Adds a photo");

api::router page_api() {
  api::router_options options{"Shop", "1.0.0"};
  options.description = "Ropes & more";
  api::router routes{options};
  routes.provide_bearer([](const std::string& token) -> std::optional<test::sample::clerk> {
    if (token != "good") return std::nullopt;
    return test::sample::clerk{};
  });
  routes.add(get_item, [](int id) { return "item " + std::to_string(id); });
  routes.add(add_item, [](const test::shop::item&) { return 1; });
  routes.add(add_photo, [](int id, const std::string& title, const api::upload& photo,
                           api::dependency<test::sample::clerk>) {
    return std::to_string(id) + ' ' + title + ' ' + photo.filename() + ' ' + std::to_string(photo.size());
  });
  return routes;
}

ASYNC_TEST_F(api_page, lists_searches_and_sends) {
  http::router site;
  site.mount("/api", page_api().routes());
  const test::running server{std::move(site)};
  std::vector<std::string> command{test::find_program("node"), script("api_page.mjs"),
                                   test::find_program("chromium"), server.url("/api/docs")};
  const auto result = co_await run_client(std::move(command));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "light 1280: no serious violation\nlight 320: no serious violation\n"
            "dark 1280: no serious violation\ndark 320: no serious violation\n"
            "click: 200 OK\nkeyboard: 422 Unprocessable Content\n"
            "credentials and a file: 200 OK \"7 Beach a.jpg 5\"\nsearch: 2 of 3 operations\n");
}

}  // namespace bight::api_peers_test
