// Timeouts and cancellation: an exception at the await where the task is suspended.
//
//     async with asyncio.timeout(0.01): await work()             # Python
#include <bight/core.hpp>
#include <iostream>
using namespace std::chrono_literals;

bight::awaitable<void> save(std::string what) {
  co_await bight::sleep(1ms);
  std::cout << "saved: " << what << '\n';
}

bight::awaitable<void> work() {
  bool stopped = false;
  try {
    co_await bight::sleep(1h);
  } catch (const bight::cancelled_error&) {
    stopped = true;  // a handler cannot co_await: clean up below
  }
  if (stopped) {
    // Cleanup that must complete, even if the task is cancelled again.
    co_await bight::uncancellable([]() -> bight::awaitable<void> { co_await save("a draft"); });
  }
}

bight::awaitable<void> program() {
  // A timeout is an error, not a cancellation: `catch (const std::exception&)` handles it.
  try {
    co_await bight::wait_for(bight::sleep(1h), 2ms);
  } catch (const bight::timeout_error& e) { std::cout << "wait_for: " << e.code().message() << '\n'; }

  // No exception: nullopt on timeout.
  const auto answer = co_await bight::move_on_after(2ms, []() -> bight::awaitable<int> {
    co_await bight::sleep(1h);
    co_return 42;
  });
  std::cout << (answer ? "an answer\n" : "no answer in time\n");

  auto task = bight::spawn(work);
  co_await bight::sleep(1ms);
  task.cancel();         // a request; the task decides how to end
  co_await task.wait();  // waits for the end, with any outcome
  std::cout << (task.cancelled() ? "cancelled\n" : "ended by itself\n");

  auto other = bight::spawn([]() -> bight::awaitable<void> { co_await bight::sleep(1h); });
  co_await bight::yield();
  other.cancel();
  co_await other.wait();
  std::cout << (other.cancelled() ? "cancelled\n" : "ended by itself\n");
}

int main() { return bight::run_main(program); }
