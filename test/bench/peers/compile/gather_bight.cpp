// Two tasks at the same time, with a timeout.
#include <bight/core.hpp>
#include <iostream>
using namespace std::chrono_literals;

bight::awaitable<void> greet(std::string name, std::chrono::milliseconds delay) {
  co_await bight::sleep(delay);
  std::cout << "hello, " << name << '\n';
}
bight::awaitable<void> program() {
  co_await bight::wait_for(bight::gather(greet("asio", 20ms), greet("world", 10ms)), 1s);
}
int main() { return bight::run_main(program); }
