// activated [NAME]: prints the listeners that were handed over, and what is left of them afterwards; then
// answers one connection on the first.
#include <bight/core.hpp>
#include <bight/net.hpp>
#include <exception>
#include <iostream>
#include <string_view>

namespace {

bight::awaitable<void> serve(std::string_view name) {
  auto listeners = bight::net::activated_listeners(name);
  for (const auto& l : listeners) std::cout << l.local_endpoint().to_string() << '\n';
  std::cout << "left: " << bight::net::activated_listeners().size() << std::endl;
  if (listeners.empty()) co_return;
  auto s = co_await listeners.front().accept();
  co_await s.write("hello");
  co_await s.close();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    bight::run(serve, argc > 1 ? argv[1] : "");
  } catch (const std::exception& e) {
    std::cout << e.what() << '\n';
    return 1;
  }
}
