#include <bight/core.hpp>
#include <iostream>
using namespace std::chrono_literals;

bight::awaitable<void> greet(std::string name, std::chrono::milliseconds delay) {
  co_await bight::sleep(delay);
  std::cout << "hello, " << name << '\n';
}
bight::awaitable<void> hello() { co_await bight::gather(greet("asio", 20ms), greet("world", 10ms)); }
int main() { bight::run(hello); }
