// gather: runs coroutines concurrently and returns their results in order.
//
//     a, b = await asyncio.gather(square(3), square(4))          # Python
#include <bight/core.hpp>
#include <iostream>
#include <stdexcept>
#include <vector>
using namespace std::chrono_literals;

bight::awaitable<int> square(int n) {
  co_await bight::sleep(10ms / n);  // the larger n, the sooner
  co_return n* n;
}

bight::awaitable<std::string> fails() {
  co_await bight::yield();
  throw std::runtime_error("no luck");
}

// If a coroutine fails, the others are cancelled and awaited; asyncio lets them run on.
bight::awaitable<std::string> slow() {
  try {
    co_await bight::sleep(1h);
  } catch (const bight::cancelled_error&) {
    std::cout << "slow: cancelled\n";
    throw;
  }
  co_return "too late";
}

bight::awaitable<void> program() {
  // Several arguments: the result is a tuple ...
  auto [three, nothing, four] = co_await bight::gather(square(3), bight::sleep(1ms), square(4));
  std::cout << three << ' ' << four << '\n';
  static_cast<void>(nothing);  // std::monostate, for void

  // ... a vector of awaitables: a vector.
  std::vector<bight::awaitable<int>> work;
  for (int n = 1; n <= 5; ++n) work.push_back(square(n));
  const std::vector<int> squares = co_await bight::gather(std::move(work));
  for (const int s : squares) std::cout << s << '\n';

  try {
    co_await bight::gather(slow(), fails());
  } catch (const std::runtime_error& e) { std::cout << "gather: " << e.what() << '\n'; }
}

int main() { return bight::run_main(program); }
