// Keys, passwords, and tokens with scopes.
#include <bight/api/security.hpp>

#include <bight/api/jwt.hpp>
#include <bight/api/router.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing_http/test_client.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "api/shop.hpp"

namespace bight::api_security_test {

using namespace std::chrono_literals;
using bight::testing::test_client;
using ::testing::HasSubstr;

struct user {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(user, (), (name))

inline constexpr auto get_me = api::get<user>("/me");
inline constexpr auto remove_me = api::delete_<void>("/me").scope("me:write").scope("me:read");

std::optional<user> find_by_key(const std::string& key) {
  if (key != "k-1") return std::nullopt;
  return user{"ann"};
}

std::string at(const std::string& document, std::string_view pointer) {
  boost::json::error_code failed;
  const auto all = boost::json::parse(document);
  const auto* const found = all.find_pointer(pointer, failed);
  return found ? boost::json::serialize(*found) : "nothing";
}

ASYNC_TEST(api_security, a_key_is_in_a_header_the_query_or_a_cookie) {
  for (const auto place :
       {api::api_key::header("X-Key"), api::api_key::query("key"), api::api_key::cookie("key")}) {
    api::router routes;
    routes.provide_api_key(place, find_by_key);
    routes.add(get_me, [](api::dependency<user> who) { return *who; });
    const auto document = routes.openapi();
    test_client web{std::move(routes).routes()};
    const auto ask = [&](std::string_view key) {
      auto request = web.get("/me");
      if (place.where == api::parameter_place::header) request.header("X-Key", key);
      if (place.where == api::parameter_place::query) request.query("key", key);
      if (place.where == api::parameter_place::cookie) request.cookie("key", key);
      return request;
    };
    auto good = co_await ask("k-1");
    const auto text = co_await good.text();
    EXPECT_EQ(text, R"({"name":"ann"})");
    const auto wrong = co_await ask("k-2");
    EXPECT_EQ(wrong.status(), 401);
    const auto none = co_await web.get("/me");
    EXPECT_EQ(none.status(), 401);
    EXPECT_TRUE(none.headers().contains("WWW-Authenticate"));
    const std::string name{place.name};
    EXPECT_EQ(at(document, "/paths/~1me/get/security"), R"([{")" + name + R"(":[]}])");
    EXPECT_THAT(at(document, "/components/securitySchemes/" + name), HasSubstr(R"("type":"apiKey","in":)"));
  }
}

ASYNC_TEST(api_security, basic_gives_a_name_and_a_password) {
  api::router routes;
  routes.provide_basic([](std::string name, const std::string& password) -> awaitable<std::optional<user>> {
    co_await yield();
    if (password != "open:sesame") co_return std::nullopt;
    co_return user{std::move(name)};
  });
  routes.add(get_me, [](api::dependency<user> who) { return *who; });
  EXPECT_EQ(at(routes.openapi(), "/components/securitySchemes/basic"), R"({"type":"http","scheme":"basic"})");
  test_client web{std::move(routes).routes()};
  auto good = co_await web.get("/me").header("Authorization", "basic YW5uOm9wZW46c2VzYW1l");
  const auto text = co_await good.text();
  EXPECT_EQ(text, R"({"name":"ann"})");
  for (const std::string_view wrong :
       {"Basic YW5uOm9wZW4=", "Basic YW5u", "Basic YW5uOm9wZW46c2VzYW1", "Basic",
        "Basic YW5uOm9wZW46c2VzYW1l!", "Bearer YW5uOm9wZW46c2VzYW1l"}) {
    const auto r = co_await web.get("/me").header("Authorization", wrong);
    EXPECT_EQ(r.status(), 401) << wrong;
    EXPECT_THAT(r.headers().get("WWW-Authenticate").value_or(""), HasSubstr("Basic realm=")) << wrong;
  }
}

api::jwt_key secret() { return api::jwt_key::hs256("0123456789abcdef0123456789abcdef"); }

api::router with_scopes() {
  api::router routes;
  auto server =
      api::oauth2::password("/token").scope("me:read", "see yourself").scope("me:write", "change it");
  const api::jwt_verifier tokens{secret()};
  routes.provide_oauth2(
      std::move(server), [tokens](const std::string& token) -> std::optional<api::authorized<user>> {
        const auto claims = tokens.accept(token);
        if (!claims) return std::nullopt;
        return api::authorized<user>{user{std::string{claims->subject()}}, claims->scopes()};
      });
  routes.add(get_me, [](api::dependency<user> who) { return *who; });
  routes.add(remove_me, [](api::dependency<user>) {});
  return routes;
}

ASYNC_TEST(api_security, scopes_are_enforced) {
  test_client web{with_scopes().routes()};
  const auto token = [](std::vector<std::string> scopes) {
    api::jwt_claims claims;
    claims.subject("ann").scopes(scopes);
    return "Bearer " + api::issue_jwt(secret(), claims, 60s);
  };
  auto few = token({"me:read"});
  auto r = co_await web.get("/me").header("Authorization", few);
  const auto text = co_await r.text();
  EXPECT_EQ(text, R"({"name":"ann"})");
  r = co_await web.delete_("/me").header("Authorization", few);
  EXPECT_EQ(r.status(), 403);
  EXPECT_EQ(r.headers().get("WWW-Authenticate"),
            R"(Bearer error="insufficient_scope", scope="me:write me:read")");
  auto both = token({"me:read", "me:write"});
  r = co_await web.delete_("/me").header("Authorization", both);
  EXPECT_EQ(r.status(), 204);
  co_await sleep(91s);
  r = co_await web.delete_("/me").header("Authorization", both);
  EXPECT_EQ(r.status(), 401);
}

TEST(api_security, scopes_are_in_the_document) {
  const auto document = with_scopes().openapi();
  EXPECT_EQ(at(document, "/paths/~1me/delete/security"), R"([{"oauth2":["me:write","me:read"]}])");
  EXPECT_EQ(at(document, "/paths/~1me/get/security"), R"([{"oauth2":[]}])");
  EXPECT_EQ(at(document, "/components/securitySchemes/oauth2"),
            R"({"type":"oauth2","flows":{"password":{"tokenUrl":"/token","scopes":{)"
            R"("me:read":"see yourself","me:write":"change it"}}}})");
  EXPECT_NE(at(document, "/paths/~1me/delete/responses/403"), "nothing");
}

TEST(api_security, a_scope_without_a_token_is_found_at_the_start) {
  api::router routes;
  routes.add(remove_me, [] {});
  std::string why;
  try {
    static_cast<void>(std::move(routes).routes());
  } catch (const std::logic_error& e) { why = e.what(); }
  EXPECT_EQ(
      why,
      "bight: api: DELETE /me: it requires a scope, but needs nothing that router::provide_oauth2 makes");
}

ASYNC_TEST(api_security, a_router_requires_it_for_all_operations) {
  api::router admin{api::router_options{"Admin", "1"}};
  admin.add(get_me, [] { return user{"root"}; });
  api::router outer;
  outer.provide_api_key(api::api_key::header("X-Key"), find_by_key);
  outer.mount("/admin", std::move(admin));
  outer.require<user>();
  const auto document = outer.openapi();
  EXPECT_EQ(at(document, "/paths/~1admin~1me/get/security"), R"([{"X-Key":[]}])");
  test_client web{std::move(outer).routes()};
  const auto none = co_await web.get("/admin/me");
  EXPECT_EQ(none.status(), 401);
  const auto good = co_await web.get("/admin/me").header("X-Key", "k-1");
  EXPECT_EQ(good.status(), 200);
}

TEST(api_security, tags_of_routers_are_those_of_their_operations) {
  api::router_options inner_options{"Inner", "1"};
  inner_options.tags = {"inner"};
  api::router inner{inner_options};
  inner.add(test::shop::get_item, [](int, bool) { return test::shop::item{}; });
  api::router_options options{"Outer", "1"};
  options.tags = {"all"};
  api::router outer{options};
  outer.mount("/v1", std::move(inner));
  EXPECT_EQ(at(outer.openapi(), "/paths/~1v1~1items~1{id}/get/tags"), R"(["all","inner","items"])");
}

// A key of one name in two places, or with the name of another scheme, is another scheme.
TEST(api_security, schemes_of_one_name_are_told_apart) {
  struct by_header {};
  struct by_query {};
  struct by_token {};
  static constexpr auto first = api::get<int>("/a");
  static constexpr auto second = api::get<int>("/b");
  static constexpr auto third = api::get<int>("/c");
  api::router r;
  r.provide_api_key(api::api_key::header("bearer"),
                    [](const std::string&) { return std::optional<by_header>{by_header{}}; });
  r.provide_api_key(api::api_key::query("bearer"),
                    [](const std::string&) { return std::optional<by_query>{by_query{}}; });
  r.provide_bearer([](const std::string&) { return std::optional<by_token>{by_token{}}; });
  r.add(first, [](api::dependency<by_header>) { return 1; });
  r.add(second, [](api::dependency<by_query>) { return 1; });
  r.add(third, [](api::dependency<by_token>, api::dependency<by_header>) { return 1; });
  const auto document = boost::json::parse(r.openapi());
  EXPECT_EQ(
      boost::json::serialize(document.at_pointer("/components/securitySchemes")),
      R"({"bearer":{"type":"apiKey","in":"header","name":"bearer"},)"
      R"("bearer_2":{"type":"apiKey","in":"query","name":"bearer"},"bearer_3":{"type":"http","scheme":"bearer"}})");
  EXPECT_EQ(boost::json::serialize(document.at_pointer("/paths/~1c/get/security")),
            R"([{"bearer_3":[],"bearer":[]}])");
}

}  // namespace bight::api_security_test
