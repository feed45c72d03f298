// The tests of docs/testing.md.
#include <bight/testing.hpp>

#include <bight/core.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/net/stream.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace guide {

using namespace std::chrono_literals;

// What is tested: something that loads slowly, at most once at a time, and gives up after a while.
class store {
 public:
  virtual ~store() = default;
  virtual bight::awaitable<std::string> load(int id) = 0;
};

class cache {
 public:
  explicit cache(store& s) : store_(&s) {}

  bight::awaitable<std::string> get(int id) {
    const auto held = co_await lock_.acquire();
    const auto known = texts_.find(id);
    if (known != texts_.end()) co_return known->second;
    auto text = co_await bight::wait_for(store_->load(id), 5s);
    texts_.emplace(id, text);
    co_return text;
  }
  bool busy() const { return lock_.locked(); }

 private:
  store* store_;
  bight::lock lock_;
  std::map<int, std::string> texts_;
};

class mock_store : public store {
 public:
  MOCK_METHOD(bight::awaitable<std::string>, load, (int id), (override));
};

using bight::testing::CoDo;
using bight::testing::CoReturn;
using bight::testing::CoThrow;

ASYNC_TEST(cache, loads_once) {
  mock_store s;
  EXPECT_CALL(s, load(7)).WillOnce(CoReturn("seven"));
  cache c{s};
  const auto first = co_await c.get(7);
  const auto second = co_await c.get(7);
  EXPECT_EQ(first, "seven");
  EXPECT_EQ(second, "seven");
}

ASYNC_TEST(cache, gives_up_after_five_seconds) {
  mock_store s;
  const auto slow = []() -> bight::awaitable<std::string> {
    co_await bight::sleep(1h);
    co_return "late";
  };
  EXPECT_CALL(s, load).WillOnce(CoDo([&](int) { return slow(); }));
  cache c{s};
  const auto start = bight::clock::now();
  bool gave_up = false;
  try {
    co_await c.get(7);
  } catch (const bight::timeout_error&) { gave_up = true; }
  EXPECT_TRUE(gave_up);
  EXPECT_EQ(bight::clock::now() - start, 5s);  // exactly: nobody waited
}

TEST(cache, is_whole_wherever_it_is_cancelled) {
  ::testing::NiceMock<mock_store> s;
  const auto slow = [](int id) -> bight::awaitable<std::string> {
    co_await bight::sleep(1s);
    co_return std::to_string(id);
  };
  ON_CALL(s, load).WillByDefault(CoDo(slow));
  std::unique_ptr<cache> c;
  const auto places = bight::testing::cancel_at_every_await(
      [&]() -> bight::awaitable<void> {
        c = std::make_unique<cache>(s);
        co_await c->get(1);
        co_await c->get(2);
      },
      [&]() -> bight::awaitable<void> {
        EXPECT_FALSE(c->busy());
        auto again = co_await c->get(1);
        EXPECT_EQ(again, "1");
      });
  EXPECT_GT(places, 4U);
}

ASYNC_TEST_SHUFFLED(cache, loads_once_for_many) {
  mock_store s;
  const auto slow = [](int id) -> bight::awaitable<std::string> {
    co_await bight::sleep(1s);
    co_return std::to_string(id);
  };
  EXPECT_CALL(s, load(1)).WillOnce(CoDo(slow));
  cache c{s};
  auto [a, b, d] = co_await bight::gather(c.get(1), c.get(1), c.get(1));
  EXPECT_EQ(a + b + d, "111");
}

bight::awaitable<void> echo(bight::net::stream s) {
  std::array<std::byte, 64> buffer;
  auto n = co_await s.read_some(buffer);
  while (n != 0) {
    co_await s.write(std::span{buffer}.first(n));
    n = co_await s.read_some(buffer);
  }
}

ASYNC_TEST(echo, sends_back_what_it_gets) {
  auto [client, server] = bight::net::memory_pipe();
  auto serving = bight::spawn(echo, std::move(server));
  co_await client.write("ping");
  std::array<std::byte, 64> buffer;
  const auto n = co_await client.read_some(buffer);
  EXPECT_EQ(n, 4U);
  co_await client.shutdown_write();
  co_await serving;
}

class with_cache : public ::testing::Test {
 protected:
  bight::awaitable<void> async_set_up() {
    EXPECT_CALL(store, load(1)).WillOnce(CoReturn("one"));
    co_await cached.get(1);
  }
  mock_store store;
  cache cached{store};
};

ASYNC_TEST_F(with_cache, knows_what_was_loaded_before) {
  const auto text = co_await cached.get(1);
  EXPECT_EQ(text, "one");
}

}  // namespace guide
