// service: found by shape; health_status.
#include <bight/service/service.hpp>

#include <bight/core/awaitable.hpp>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace bight::service_test {

struct good {
  awaitable<void> run();
};
struct returns_a_value {
  awaitable<int> run();
};
struct returns_nothing {
  void run();
};
static_assert(service<good>);
static_assert(!service<returns_a_value> && !service<returns_nothing> && !service<int>);

TEST(health_status, is_made_of_a_bool_or_a_reason) {
  EXPECT_TRUE(health_status{}.healthy());
  EXPECT_TRUE(health_status{true}.healthy());
  EXPECT_EQ(health_status{false}.reason(), "unhealthy");
  const health_status literal = "queue full";  // no bool
  EXPECT_FALSE(literal.healthy());
  EXPECT_EQ(literal.reason(), "queue full");
  EXPECT_TRUE(health_status{std::string{}}.healthy());
}

}  // namespace bight::service_test
