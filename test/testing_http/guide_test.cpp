// What docs/http-client.md shows of mocks.
#include <bight/testing_http.hpp>

#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/testing.hpp>
#include <string>
#include <utility>

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

}  // namespace testing_http_guide
