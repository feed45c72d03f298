// task_group: tasks that cannot outlive a scope.
//
//     async with asyncio.TaskGroup() as group:                   # Python
//         group.create_task(count("apples", 2))
#include <bight/core.hpp>
#include <iostream>
#include <stdexcept>
using namespace std::chrono_literals;

bight::awaitable<int> count(std::string what, int n) {
  for (int i = 1; i <= n; ++i) {
    std::cout << what << ' ' << i << '\n';
    co_await bight::yield();
  }
  co_return n;
}

bight::awaitable<void> break_things(std::string name) {
  co_await bight::sleep(1ms);
  throw std::runtime_error(name + " broke");
}

bight::awaitable<void> program() {
  // spawn() stores copies of the function and its arguments in the task.
  const int total = co_await bight::task_group::run([](bight::task_group& group) -> bight::awaitable<int> {
    auto apples = group.spawn(count, "apples", 2);
    auto pears = group.spawn(count, "pears", 3);
    const int a = co_await apples;
    const int p = co_await pears;
    co_return a + p;
  });
  std::cout << total << " in all\n";

  // The first failure cancels the other tasks and the body. The errors are thrown as a group when all have
  // ended.
  try {
    co_await bight::task_group::run([](bight::task_group& group) -> bight::awaitable<void> {
      group.spawn(break_things, "vase");
      group.spawn(count, "plums", 1);
      co_await bight::sleep(1h);
      std::cout << "never printed\n";
    });
  } catch (const bight::exception_group& errors) {
    // `except* RuntimeError` in Python:
    errors.for_each<std::runtime_error>(
        [](const std::runtime_error& e) { std::cout << "caught: " << e.what() << '\n'; });
  }
}

int main() { return bight::run_main(program); }
