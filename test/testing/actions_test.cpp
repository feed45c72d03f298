// GoogleMock actions for awaitables.
#include <bight/testing/actions.hpp>

#include <bight/core/sleep.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>

namespace bight::testing::actions_test {

using namespace std::chrono_literals;

class store {
 public:
  virtual ~store() = default;
  virtual awaitable<std::string> load(int id) = 0;
  virtual awaitable<void> save(int id, const std::string& text) = 0;
};

class fake_store : public store {
 public:
  MOCK_METHOD(awaitable<std::string>, load, (int id), (override));
  MOCK_METHOD(awaitable<void>, save, (int id, const std::string& text), (override));
};

ASYNC_TEST(co_return_action, gives_the_value_when_it_is_awaited) {
  fake_store s;
  EXPECT_CALL(s, load(7)).Times(2).WillRepeatedly(CoReturn("seven"));
  EXPECT_CALL(s, save).WillOnce(CoReturn());
  const auto first = co_await s.load(7);
  const auto second = co_await s.load(7);
  EXPECT_EQ(first, "seven");
  EXPECT_EQ(second, "seven");
  co_await s.save(1, "x");
}

ASYNC_TEST(co_throw_action, throws_from_the_await_and_not_from_the_call) {
  fake_store s;
  EXPECT_CALL(s, load).WillOnce(CoThrow(std::runtime_error("gone"))).WillOnce(CoReturn("back"));
  auto call = s.load(1);
  std::string what;
  try {
    co_await std::move(call);
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "gone");
  const auto again = co_await s.load(1);
  EXPECT_EQ(again, "back");
}

ASYNC_TEST(co_do_action, calls_a_coroutine_or_a_function) {
  fake_store s;
  std::string saved;
  EXPECT_CALL(s, load)
      .WillOnce(CoDo([](int id) -> awaitable<std::string> {
        co_await sleep(1s);
        co_return std::to_string(id);
      }))
      .WillOnce(CoDo([](int id) { return std::to_string(id + 1); }));
  EXPECT_CALL(s, save).WillOnce(CoDo([&](int, const std::string& text) { saved = text; }));
  const auto start = clock::now();
  const auto first = co_await s.load(4);
  EXPECT_EQ(first, "4");
  EXPECT_EQ(clock::now() - start, 1s);
  const auto second = co_await s.load(4);
  EXPECT_EQ(second, "5");
  const std::string text = "text";
  co_await s.save(1, text);
  EXPECT_EQ(saved, "text");
}

}  // namespace bight::testing::actions_test
