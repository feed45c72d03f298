// Correct in itself; its header is written by the test.
#include <bight/core.hpp>
#include <chrono>
#include <string>

#include "changing.hpp"

namespace {

bight::awaitable<int> length(settings s) {
  co_await bight::sleep(std::chrono::milliseconds(s.delay));
  co_return static_cast<int>(s.name.size());
}
bight::awaitable<int> program() { co_return co_await length(settings("name")); }

}  // namespace

int main() { return bight::run(program) == 4 ? 0 : 1; }
