// unique_function: move-only callables, in place or allocated, empty or not.
#include <bight/core/unique_function.hpp>

#include <array>
#include <bight/testing.hpp>
#include <functional>
#include <memory>
#include <utility>

namespace bight::unique_function_test {

TEST(unique_function, holds_what_cannot_be_copied) {
  unique_function<int(int)> add = [n = std::make_unique<int>(2)](int more) { return *n + more; };
  EXPECT_EQ(add(3), 5);
  auto moved = std::move(add);
  EXPECT_FALSE(add);
  EXPECT_EQ(moved(4), 6);
}

TEST(unique_function, keeps_the_state_of_a_mutable_callable) {
  unique_function<int()> next = [n = 0]() mutable { return ++n; };
  EXPECT_EQ(next(), 1);
  EXPECT_EQ(next(), 2);
}

TEST(unique_function, destroys_what_it_holds_once) {
  struct counted {
    explicit counted(int& n) : alive(&n) { ++n; }
    counted(counted&& other) noexcept : alive(other.alive) { ++*alive; }
    ~counted() { --*alive; }
    int* alive;
  };
  int alive = 0;
  {
    unique_function<void()> small = [c = counted{alive}] { static_cast<void>(c); };
    unique_function<void()> large = [c = counted{alive}, space = std::array<char, 100>{}] {
      static_cast<void>(c);
      static_cast<void>(space);
    };
    EXPECT_EQ(alive, 2);
    small = std::move(large);
    EXPECT_EQ(alive, 1);
    auto third = std::move(small);
    EXPECT_EQ(alive, 1);
    third = nullptr;
    EXPECT_EQ(alive, 0);
  }
  EXPECT_EQ(alive, 0);
}

TEST(unique_function, an_empty_one_throws) {
  unique_function<void()> none;
  EXPECT_FALSE(none);
  EXPECT_THROW(none(), std::bad_function_call);
  unique_function<void()> null_pointer = static_cast<void (*)()>(nullptr);
  EXPECT_FALSE(null_pointer);
  unique_function<void()> empty_function = std::function<void()>{};
  EXPECT_FALSE(empty_function);
}

TEST(unique_function, passes_references_and_move_only_arguments) {
  unique_function<void(int&, std::unique_ptr<int>)> set = [](int& to, std::unique_ptr<int> from) {
    to = *from;
  };
  int n = 0;
  set(n, std::make_unique<int>(7));
  EXPECT_EQ(n, 7);
  unique_function<int&(int&)> same = [](int& m) -> int& { return m; };
  EXPECT_EQ(&same(n), &n);
}

TEST(unique_function, takes_function_pointers_and_converts_results) {
  unique_function<long(int)> f = +[](int n) { return n + 1; };
  EXPECT_EQ(f(1), 2L);
  unique_function<void(int)> ignores = [](int n) { return n; };
  ignores(1);
}

}  // namespace bight::unique_function_test
