// lifo_queue: the newest item first.
#include <bight/core/lifo_queue.hpp>

#include <bight/testing/async_test.hpp>
#include <vector>

namespace bight::lifo_queue_test {

using ::testing::ElementsAre;

ASYNC_TEST(lifo_queue, gives_the_newest_item) {
  lifo_queue<int> q{3};
  for (int i = 0; i != 3; ++i) co_await q.put(i);
  EXPECT_FALSE(q.try_put(3));
  std::vector<int> got;
  while (auto item = q.try_get()) got.push_back(*item);
  EXPECT_THAT(got, ElementsAre(2, 1, 0));
}

ASYNC_TEST(lifo_queue, drains_after_shutdown) {
  lifo_queue<int> q;
  co_await q.put(1);
  co_await q.put(2);
  q.shutdown();
  for (const auto expected : {std::optional{2}, std::optional{1}, std::optional<int>{}}) {
    const auto item = co_await q.get();
    EXPECT_EQ(item, expected);
  }
}

}  // namespace bight::lifo_queue_test
