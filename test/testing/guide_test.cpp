// The tests of docs/testing.md.
#include <bight/testing.hpp>

#include <array>
#include <bight/core.hpp>
#include <bight/core/as_result.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/listener.hpp>
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
  EXPECT_EQ(bight::clock::now() - start, 5s);  // exactly, and without waiting
}

ASYNC_TEST(cache, waits_for_the_store_to_the_last_moment) {
  ::testing::NiceMock<mock_store> s;
  const auto slow = []() -> bight::awaitable<std::string> {
    co_await bight::sleep(1h);
    co_return "late";
  };
  ON_CALL(s, load).WillByDefault(CoDo([&](int) { return slow(); }));
  cache c{s};
  bight::testing::manual_clock hold;
  auto getting = bight::spawn([&] { return c.get(7); });
  co_await bight::testing::settle();
  EXPECT_TRUE(c.busy());  // waiting for the store
  co_await bight::testing::advance(4999ms);
  EXPECT_FALSE(getting.done());
  co_await bight::testing::advance(1ms);
  EXPECT_TRUE(getting.done());
  EXPECT_THROW(getting.result(), bight::timeout_error);
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

// What is tested: asks a server of that name, and reads the answer to its end.
bight::awaitable<std::string> ask(std::string host) {
  auto s = co_await bight::net::connect(host, 7);
  co_await s.write("ping");
  co_await s.shutdown_write();
  std::string answer;
  std::array<std::byte, 64> buffer;
  auto n = co_await s.read_some(buffer);
  while (n != 0) {
    answer.append(reinterpret_cast<const char*>(buffer.data()), n);
    n = co_await s.read_some(buffer);
  }
  co_return answer;
}

bight::awaitable<void> echo_all(bight::net::listener listener) {
  co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
    while (true) {
      auto s = co_await listener.accept();
      group.spawn(echo, std::move(s));
    }
  });
}

ASYNC_TEST(ask, goes_on_to_the_next_address) {
  bight::testing::fake_network network;
  const auto inside = network.use();
  network.add_host("echo.example", {"192.0.2.1", "192.0.2.2"});
  network.black_hole("192.0.2.1");
  bight::net::listener listener{*bight::net::endpoint::parse("192.0.2.2:7")};
  auto serving = bight::spawn(echo_all, std::move(listener));
  const auto start = bight::clock::now();
  const auto answer = co_await ask("echo.example");
  EXPECT_EQ(answer, "ping");
  EXPECT_EQ(bight::clock::now() - start, 250ms);  // RFC 8305: the next one is tried
  EXPECT_EQ(network.lookups("echo.example"), 1U);
  serving.cancel();
}

ASYNC_TEST(ask, puts_together_what_comes_in_pieces) {
  bight::testing::fake_network network;
  const auto inside = network.use();
  network.on_connection([](bight::testing::fake_connection& c) {
    c.client.reading.split_every(1).delay_at(2, 1min);
    if (c.number == 1) c.client.reading.reset_at(3);
  });
  bight::net::listener listener{*bight::net::endpoint::parse("127.0.0.1:7")};
  auto serving = bight::spawn(echo_all, std::move(listener));
  const auto answer = co_await ask("localhost");
  EXPECT_EQ(answer, "ping");
  const auto cut_off = co_await bight::as_result(ask("localhost"));
  EXPECT_EQ(cut_off.error(), boost::system::errc::connection_reset);
  serving.cancel();
}

// What is tested: moves money, and puts it back when it does not arrive.
class account {
 public:
  bight::awaitable<void> add(int amount) {
    bight::testing::check_step("add " + std::to_string(amount));
    balance += amount;
    co_return;
  }
  int balance = 100;
};

bight::awaitable<void> transfer(account& from, account& to, int amount) {
  co_await from.add(-amount);
  const auto arrived = co_await bight::as_result(to.add(amount));
  if (arrived) co_return;
  co_await from.add(amount);
}

TEST(transfer, loses_nothing_whatever_fails) {
  std::unique_ptr<account> mine;
  std::unique_ptr<account> yours;
  const auto steps = bight::testing::fail_at_every_step(
      [&]() -> bight::awaitable<void> {
        mine = std::make_unique<account>();
        yours = std::make_unique<account>();
        co_await transfer(*mine, *yours, 30);
      },
      [&]() -> bight::awaitable<void> {
        EXPECT_EQ(mine->balance + yours->balance, 200);
        co_return;
      });
  EXPECT_EQ(steps, 2U);
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
