// What docs/http-client.md and docs/testing.md show of tests with HTTP.
#include <bight/testing_http.hpp>

#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/testing.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace testing_http_guide {

namespace http = bight::http;

// What is tested: the price of an item of a shop.
bight::awaitable<std::string> price_of(http::client client, int id) {
  auto response = co_await client.get("http://shop.example/prices/" + std::to_string(id));
  response.raise_for_status();
  co_return co_await response.text();
}

ASYNC_TEST(shop, asks_for_the_price) {
  bight::testing::mock_http mock;
  auto& prices = mock.get("http://shop.example/prices/*").respond(200, "2.50");
  http::client_options options;
  options.transport = mock.transport();
  const auto price = co_await price_of(http::client{options}, 7);
  EXPECT_EQ(price, "2.50");
  EXPECT_EQ(prices.calls().at(0).url.path(), "/prices/7");
}

// What is tested: a shop, and who may order.
class orders {
 public:
  std::string add(std::string_view item) {
    if (item.empty()) throw http::problem{422, "an order needs an item"};
    all_.emplace_back(item);
    return std::to_string(all_.size());
  }
  const std::string& at(int number) const {
    if (number < 1 || static_cast<std::size_t>(number) > all_.size())
      throw http::problem{404, "no such order"};
    return all_[static_cast<std::size_t>(number) - 1];
  }

 private:
  std::vector<std::string> all_;
};

http::router make_shop() {
  auto all = std::make_shared<orders>();
  http::router shop;
  shop.post("/orders", [all](http::server_request& r) -> bight::awaitable<http::server_response> {
    const auto item = co_await r.text();
    co_return http::redirect_to("/orders/" + all->add(item));
  });
  shop.get("/orders/{id:int}", [all](http::server_request& r) { return all->at(r.param<int>("id")); });
  return shop;
}

ASYNC_TEST(shop, keeps_orders) {
  bight::testing::test_client client{make_shop()};
  auto order = co_await client.post("/orders").text("rope");
  const auto item = co_await order.text();
  EXPECT_EQ(item, "rope");
  EXPECT_EQ(order.url().path(), "/orders/1");  // where it was redirected to
  auto missing = co_await client.get("/orders/2");
  EXPECT_EQ(missing.status(), 404);
}

}  // namespace testing_http_guide
