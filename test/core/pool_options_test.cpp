// pool_options: what a pool accepts.
#include <bight/core/pool_options.hpp>

#include <gtest/gtest.h>
#include <bight/core/awaitable.hpp>
#include <bight/core/pool.hpp>
#include <stdexcept>
#include <type_traits>

namespace bight::pool_options_test {

awaitable<int> make_one() { co_return 1; }

TEST(pool_options, are_safe_as_designated_initialisers) {
  static_assert(std::is_trivially_copyable_v<pool_options>);
  const pool_options o{.max_size = 3};
  EXPECT_EQ(o.max_size, 3U);
  EXPECT_EQ(o.min_idle, 0U);
}

TEST(pool_options, that_contradict_each_other_are_refused) {
  EXPECT_THROW(pool<int>(pool_options{.max_size = 0}, make_one), std::invalid_argument);
  EXPECT_THROW(pool<int>(pool_options{.max_size = 1, .min_idle = 2}, make_one), std::invalid_argument);
  EXPECT_THROW(pool<int>(pool_options{.lifetime_jitter = 2}, make_one), std::invalid_argument);
  EXPECT_NO_THROW(pool<int>(pool_options{.max_size = 1, .min_idle = 1}, make_one));
}

}  // namespace bight::pool_options_test
