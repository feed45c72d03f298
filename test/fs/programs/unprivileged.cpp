// unprivileged open|walk|walk-skip PATH: does so as nobody, and prints errors and how many entries there
// were.
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <iostream>
#include <string>

namespace {

using namespace bight;
using boost::system::system_error;

awaitable<void> open(std::string path) {
  try {
    static_cast<void>(co_await fs::open(path));
  } catch (const system_error& e) { std::cout << e.what() << '\n'; }
}

awaitable<bool> count_next(fs::walk& all, int& count) {
  try {
    const auto entry = co_await all.next();
    count += entry.has_value();
    co_return entry.has_value();
  } catch (const system_error& e) { std::cout << e.what() << '\n'; }
  co_return true;
}

awaitable<void> walk(std::string path, bool skip) {
  fs::walk all{path, {.skip_denied = skip}};
  int count = 0;
  bool more = true;
  while (more) more = co_await count_next(all, count);
  std::cout << count << " entries\n";
}

}  // namespace

int main(int count, char** arguments) {
  constexpr unsigned nobody = 65534;
  if (count != 3 || (::getuid() == 0 && ::setuid(nobody) != 0)) return 2;
  const std::string what = arguments[1];
  const std::string path = arguments[2];
  return run_main([&] { return what == "open" ? open(path) : walk(path, what == "walk-skip"); });
}
