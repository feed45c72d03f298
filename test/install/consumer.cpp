// What a user's first program needs of the package: headers, library, language level.
#include <bight/core.hpp>
#include <chrono>

namespace {

bight::awaitable<int> answer() {
  co_await bight::sleep(std::chrono::milliseconds(1));
  co_return 42;
}

}  // namespace

int main() { return bight::run(answer) == 42 ? 0 : 1; }
