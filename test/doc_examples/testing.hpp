// What the examples in doc comments of the room testing use and do not declare.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <bight/core.hpp>
#include <bight/net.hpp>
#include <bight/testing.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using bight::awaitable;
namespace net = bight::net;
namespace testing {
using namespace bight::testing;
}

struct page {};
extern const std::string url;
bight::awaitable<page> fetch(std::string url);

// ---- actions.hpp
struct store {
  virtual ~store() = default;
  virtual bight::awaitable<std::string> load(int id) = 0;
};
struct mocked_store : store {
  MOCK_METHOD(bight::awaitable<std::string>, load, (int id), (override));
};
extern mocked_store s;
using bight::timeout_error;
using bight::testing::CoDo;
using bight::testing::CoReturn;
using bight::testing::CoThrow;

// ---- async_test.hpp
struct session {
  bight::awaitable<std::string> query(std::string text);
};
bight::awaitable<session> connect();
bight::awaitable<int> twice(int n);
struct doubling : ::testing::TestWithParam<std::pair<int, int>> {};

// ---- fake_network.hpp
extern testing::fake_network network;

// ---- faults.hpp
extern net::stream client;

// ---- schedule.hpp
struct durable {
  bight::awaitable<void> save();
};
extern bight::lock lock;
extern durable store;

// ---- steps.hpp
struct store {
  virtual ~store() = default;
  virtual bight::awaitable<void> save(page p) = 0;
};
struct file {
  bool whole() const;
  bool empty() const;
};
extern file source;
extern file target;
bight::awaitable<void> copy(file& from, file& to);

// ---- virtual_clock.hpp
struct counter {
  unsigned requests() const;
  unsigned idle() const;
};
extern counter server;
extern counter pool;
extern int attempts;
bight::awaitable<void> fetch_with_retries();
