// Values that are made per request.
#include <bight/api/dependency.hpp>

#include <bight/api/operation.hpp>
#include <bight/api/router.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/http/problem.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing_http/test_client.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bight::api_dependency_test {

using bight::testing::test_client;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

inline constexpr auto get_name = api::get<std::string>("/name/{id}", api::path<int>("id"));

// Writes down when it is made and destroyed.
class session {
 public:
  session(std::vector<std::string>& log, std::string name) : log_(&log), name_(std::move(name)) {
    log_->push_back("open " + name_);
  }
  session(session&& other) noexcept
      : log_(std::exchange(other.log_, nullptr)), name_(std::move(other.name_)) {}
  ~session() {
    if (log_) log_->push_back("close " + name_);
  }
  const std::string& name() const { return name_; }

 private:
  std::vector<std::string>* log_;
  std::string name_;
};

class user {
 public:
  user(session s, std::string name) : held(std::move(s)), called(std::move(name)) {}
  session held;
  std::string called;
};

ASYNC_TEST(api_dependency, is_made_once_per_request_and_destroyed_after_the_response) {
  std::vector<std::string> log;
  api::router routes;
  routes.provide([&](api::dependency<session> db) {
    return user{session{log, "user of " + db->name()}, "ann"};
  });
  routes.provide([&](http::server_request& request) -> awaitable<session> {
    co_await yield();
    co_return session{log, std::string{request.path()}};
  });
  routes.add(get_name,
             [&](int id, api::dependency<user> who, api::dependency<session> db) -> awaitable<std::string> {
               log.push_back("handle " + std::to_string(id));
               co_return who->called + " " + db->name();
             });
  test_client client{std::move(routes).routes()};
  auto response = co_await client.get("/name/7");
  const auto text = co_await response.text();
  EXPECT_EQ(text, R"("ann /name/7")");
  co_await client.stop();
  EXPECT_THAT(log, ElementsAre("open /name/7", "open user of /name/7", "handle 7", "close user of /name/7",
                               "close /name/7"));
}

ASYNC_TEST(api_dependency, a_problem_of_a_provider_is_the_response) {
  api::router routes;
  routes.provide([](http::server_request&) -> user { throw http::problem{503, "no session is free"}; });
  routes.add(get_name, [](int, api::dependency<user> who) { return who->called; });
  test_client client{std::move(routes).routes()};
  const auto response = co_await client.get("/name/7");
  EXPECT_EQ(response.status(), 503);
}

ASYNC_TEST(api_dependency, a_later_provider_replaces_an_earlier_one) {
  std::vector<std::string> log;
  api::router routes;
  routes.provide([&] { return session{log, "real"}; });
  routes.provide([&] { return session{log, "fake"}; });
  routes.add(get_name, [](int, const api::dependency<session>& db) { return db->name(); });
  test_client client{std::move(routes).routes()};
  auto response = co_await client.get("/name/7");
  const auto text = co_await response.text();
  EXPECT_EQ(text, R"("fake")");
}

ASYNC_TEST(api_dependency, mounted_routers_use_the_providers_around_them) {
  std::vector<std::string> log;
  api::router inner;
  inner.add(get_name, [](int, api::dependency<session> db) { return db->name(); });
  api::router outer;
  outer.mount("/v1", std::move(inner));
  outer.provide([&] { return session{log, "outer"}; });
  test_client client{std::move(outer).routes()};
  auto response = co_await client.get("/v1/name/7");
  const auto text = co_await response.text();
  EXPECT_EQ(text, R"("outer")");
}

std::string refusal(api::router routes) {
  try {
    static_cast<void>(std::move(routes).routes());
  } catch (const std::logic_error& e) { return e.what(); }
  return "none";
}

TEST(api_dependency, one_without_a_provider_is_found_at_the_start) {
  api::router routes;
  routes.add(get_name, [](int, api::dependency<user> who) { return who->called; });
  EXPECT_EQ(refusal(std::move(routes)),
            "bight: api: GET /name/{id}: the dependency 'user' has no provider: call router::provide");
}

TEST(api_dependency, one_that_needs_itself_is_found_at_the_start) {
  std::vector<std::string> log;
  api::router routes;
  routes.provide([&](api::dependency<session> s) { return user{session{log, "a"}, s->name()}; });
  routes.provide([&](api::dependency<user> u) { return session{log, u->called}; });
  routes.add(get_name, [](int, api::dependency<user> who) { return who->called; });
  EXPECT_EQ(refusal(std::move(routes)), "bight: api: GET /name/{id}: the dependency 'user' needs itself");
}

http::router with_tokens() {
  api::router routes;
  routes.provide_bearer([](std::string token) -> awaitable<std::optional<std::string>> {
    co_await yield();
    if (token != "abc-123==") co_return std::nullopt;
    co_return "ann";
  });
  routes.add(get_name, [](int id, api::dependency<std::string> who) { return *who + std::to_string(id); });
  return std::move(routes).routes();
}

ASYNC_TEST(api_dependency, a_bearer_token_says_who_asks) {
  test_client client{with_tokens()};
  auto response = co_await client.get("/name/7").header("Authorization", "bEARER  abc-123==");
  const auto text = co_await response.text();
  EXPECT_EQ(text, R"("ann7")");
  auto document = co_await client.get("/openapi.json");
  const auto shown = co_await document.text();
  EXPECT_THAT(shown, HasSubstr(R"("security":[{"bearer":[]}])"));
  EXPECT_THAT(shown, HasSubstr(R"("securitySchemes":{"bearer":{"type":"http","scheme":"bearer"}})"));
}

ASYNC_TEST(api_dependency, requests_without_a_token_are_401_before_they_are_422) {
  test_client client{with_tokens()};
  const auto none = co_await client.get("/name/x");
  EXPECT_EQ(none.status(), 401);
  EXPECT_EQ(none.headers().get("WWW-Authenticate"), "Bearer");
  for (const std::string_view other : {"Basic abc-123==", "Bearer", "Bearerabc-123==", "abc-123=="}) {
    const auto r = co_await client.get("/name/7").header("Authorization", other);
    EXPECT_EQ(r.status(), 401) << other;
    EXPECT_EQ(r.headers().get("WWW-Authenticate"), "Bearer") << other;
  }
  for (const std::string_view wrong :
       {"Bearer abc-124==", "Bearer abc-123== x", "Bearer =", "Bearer abc\t123"}) {
    const auto r = co_await client.get("/name/7").header("Authorization", wrong);
    EXPECT_EQ(r.status(), 401) << wrong;
    EXPECT_EQ(r.headers().get("WWW-Authenticate"), R"(Bearer error="invalid_token")") << wrong;
  }
}

}  // namespace bight::api_dependency_test
