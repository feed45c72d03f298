// What docs/typed-api.md shows of forms, variants, results and security.
#include <bight/api.hpp>

#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/testing.hpp>
#include <bight/testing_http.hpp>
#include <boost/describe.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace typed_api_guide_results {

namespace api = bight::api;
namespace http = bight::http;
using namespace std::chrono_literals;
using bight::testing::test_client;
using ::testing::HasSubstr;

struct circle {
  double radius = 0;
};
BOOST_DESCRIBE_STRUCT(circle, (), (radius))

struct square {
  double side = 0;
};
BOOST_DESCRIBE_STRUCT(square, (), (side))

using shape = std::variant<circle, square>;
constexpr auto schema_of(api::type<shape>) { return api::one_of("kind", "circle", "square").named("shape"); }

inline constexpr auto get_area = api::post<double>("/area", api::body<shape>());

// RFC 6749 5.1.
struct grant {
  std::string access_token;
  std::string token_type = "bearer";
};
BOOST_DESCRIBE_STRUCT(grant, (), (access_token, token_type))

inline constexpr auto log_in = api::post<grant>("/token", api::form<std::string>("username"),
                                                api::form<std::string>("password").secret());
inline constexpr auto add_photo = api::post<int>("/photos", api::form<std::string>("title").length(1, 100),
                                                 api::file("photo").length(1, 5'000'000))
                                      .scope("photos:write");

struct order {
  std::string item;
  int amount = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (item, amount))

struct ticket {
  int number = 0;
};
BOOST_DESCRIBE_STRUCT(ticket, (), (number))

struct shortage {
  int left = 0;
};
BOOST_DESCRIBE_STRUCT(shortage, (), (left))

inline constexpr auto place_order =
    api::post<std::variant<api::reply<201, order>, api::reply<202, ticket>>>("/orders", api::body<order>())
        .fails<shortage>(409, "there are too few");

inline constexpr auto list_orders = api::get<api::page<order, int>>(
    "/orders", api::page_size(50, 100), api::query<std::optional<int>>("after").min(0));
inline constexpr auto export_orders = api::get<api::lines<order>>("/orders.jsonl");
inline constexpr auto watch_orders = api::get<api::events<order>>("/orders/events");
inline constexpr auto get_photo = api::get<api::content>("/photos/{id}", api::path<int>("id"));

struct user {
  std::string name;
};

class photo_store {
 public:
  bight::awaitable<int> add(std::string title, api::upload photo) {
    auto bytes = co_await photo.text(5'000'000);
    photos_[++last_] = {std::move(title), std::move(bytes)};
    co_return last_;
  }
  std::string find(int id) const { return photos_.at(id).second; }

 private:
  std::map<int, std::pair<std::string, std::string>> photos_;
  int last_ = 0;
};

void add_photos(api::router& routes, photo_store& photos) {
  routes.add(add_photo, [&](std::string title, api::upload photo, api::dependency<user>) {
    return photos.add(std::move(title), std::move(photo));
  });
  routes.add(get_photo, [&](int id) { return api::content{"image/jpeg", http::body{photos.find(id)}}; });
}

void add_tokens(api::router& routes, const api::jwt_key& key) {
  routes.add(log_in, [key](const std::string& name, const std::string& password) {
    if (password != "open sesame") throw http::problem{400, "the name or the password is wrong"};
    api::jwt_claims claims;
    claims.subject(name).scopes({"photos:write"});
    grant given;
    given.access_token = api::issue_jwt(key, claims, 15min);
    return given;
  });
  auto server = api::oauth2::password("/token").scope("photos:write", "add photos");
  const api::jwt_verifier tokens{key};
  routes.provide_oauth2(server, [tokens](const std::string& token) -> std::optional<api::authorized<user>> {
    const auto claims = tokens.accept(token);
    if (!claims) return std::nullopt;
    return api::authorized<user>{user{std::string{claims->subject()}}, claims->scopes()};
  });
}

class order_log {
 public:
  void add(const order& o) { all_.push_back(o); }
  const std::vector<order>& all() const { return all_; }

 private:
  std::vector<order> all_;
};

void add_orders(api::router& routes, order_log& log) {
  routes.add(place_order, [&](order o, http::server_request& request) -> api::result_of<place_order> {
    if (o.amount > 1000) throw api::error(409, shortage{1000}, "there are only 1000");
    request.run_after_response([&log, o]() -> bight::awaitable<void> {
      log.add(o);
      co_return;
    });
    if (o.amount > 100) return api::reply<202, ticket>{ticket{7}};
    return api::reply<201, order>{std::move(o)};
  });
  routes.add(list_orders, [&](int size, std::optional<int> after) {
    api::page<order, int> page;
    const int all = static_cast<int>(log.all().size());
    for (int i = after.value_or(0); i < all && static_cast<int>(page.items.size()) != size; ++i) {
      page.items.push_back(log.all()[static_cast<std::size_t>(i)]);
      if (static_cast<int>(page.items.size()) == size && i + 1 != all) page.next = i + 1;
    }
    return page;
  });
  routes.add(export_orders, [&]() -> bight::generator<order> {
    for (const auto& one : log.all()) co_yield one;
  });
  routes.add(watch_orders, [&]() -> bight::generator<order> {
    std::size_t seen = 0;
    while (true) {
      for (; seen != log.all().size(); ++seen) co_yield log.all()[seen];
      co_await bight::sleep(1s);
    }
  });
}

http::router site(photo_store& photos, order_log& log) {
  api::router routes{api::router_options{"Orders", "1.0.0"}};
  const auto key = api::jwt_key::hs256("a secret of thirty-two bytes, or more");
  add_tokens(routes, key);
  add_photos(routes, photos);
  add_orders(routes, log);
  routes.add(get_area, [](const shape& s) {
    if (const auto* const c = std::get_if<circle>(&s)) return 3 * c->radius * c->radius;
    const auto side = std::get<square>(s).side;
    return side * side;
  });
  http::cors_options origins;
  origins.origins = {"https://shop.example"};
  routes.add_middleware(http::cors(std::move(origins)));
  return std::move(routes).routes();
}

struct typed_api_guide_results : ::testing::Test {
  photo_store photos;
  order_log log;
  test_client web{site(photos, log)};
  api::client client{web};
};

ASYNC_TEST_F(typed_api_guide_results, a_token_and_a_photo) {
  const auto token = co_await client.call(log_in, "ann", "open sesame");
  bight::testing::test_client_options options;
  options.client.auth = http::bearer_auth{token.access_token};
  options.client.base_url = http::url{"http://shop.example/"};
  test_client as_ann{site(photos, log), options};
  const api::client shop{as_ann};
  const api::upload photo{"beach.jpg", "the bytes of a photo"};
  const int id = co_await shop.call(add_photo, "Beach", photo);
  auto again = co_await client.call(get_photo, id);
  const auto bytes = co_await again.bytes();
  EXPECT_EQ(bytes, "the bytes of a photo");
}

ASYNC_TEST_F(typed_api_guide_results, several_results_and_errors_with_a_body) {
  order o;
  o.item = "rope";
  o.amount = 3;
  const auto placed = co_await client.call(place_order, o);
  EXPECT_EQ(std::get<0>(placed).body.item, "rope");
  o.amount = 2000;
  try {
    static_cast<void>(co_await client.call(place_order, o));
    ADD_FAILURE();
  } catch (const api::problem& e) {
    EXPECT_EQ(e.status(), 409);
    EXPECT_EQ(e.body<shortage>().left, 1000);
  }
}

ASYNC_TEST_F(typed_api_guide_results, items_one_by_one) {
  order o;
  for (o.amount = 1; o.amount != 6; ++o.amount) log.add(o);
  int sum = 0;
  auto all = client.all(list_orders, 2);
  auto one = co_await all.next();
  while (one) {
    sum += one->amount;
    one = co_await all.next();
  }
  EXPECT_EQ(sum, 15);
  auto lines = co_await client.call(export_orders);
  one = co_await lines.next();
  EXPECT_EQ(one->amount, 1);
  auto events = co_await client.call(watch_orders);
  const auto event = co_await events.next();
  EXPECT_EQ(event->data.amount, 1);
}

ASYNC_TEST_F(typed_api_guide_results, a_variant_is_told_by_a_member) {
  auto request = web.post("/area");
  request.body(std::string{R"({"kind": "square", "side": 3})"}, "application/json");
  auto response = co_await std::move(request);
  const auto text = co_await response.text();
  EXPECT_EQ(text, "9");
}

}  // namespace typed_api_guide_results
