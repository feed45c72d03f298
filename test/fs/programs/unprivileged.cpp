// unprivileged open|walk|walk-skip|glob|glob-skip|watch|watch-skip PATH: does so as nobody, and prints errors
// and how many entries there were.
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

template <class Search>
awaitable<bool> count_next(Search& all, int& count) {
  try {
    const auto entry = co_await all.next();
    count += entry.has_value();
    co_return entry.has_value();
  } catch (const system_error& e) { std::cout << e.what() << '\n'; }
  co_return true;
}

template <class Search>
awaitable<void> count_all(Search& all) {
  int count = 0;
  bool more = true;
  while (more) more = co_await count_next(all, count);
  std::cout << count << " entries\n";
}

awaitable<void> walk(std::string path, bool skip) {
  fs::walk all{path, {.skip_denied = skip}};
  co_await count_all(all);
}

awaitable<void> glob(std::string pattern, bool skip) {
  fs::glob all{pattern, {}, {.skip_denied = skip}};
  co_await count_all(all);
}

awaitable<void> watch(std::string path, bool skip) {
  fs::watch w{path, {.skip_denied = skip}};
  try {
    co_await w.start();
    std::cout << "watching\n";
  } catch (const system_error& e) { std::cout << e.what() << '\n'; }
}

awaitable<void> perform(std::string what, std::string path) {
  if (what == "open") return open(path);
  const bool skip = what.ends_with("-skip");
  if (what.starts_with("watch")) return watch(path, skip);
  return what.starts_with("glob") ? glob(path, skip) : walk(path, skip);
}

}  // namespace

int main(int count, char** arguments) {
  constexpr unsigned nobody = 65534;
  if (count != 3 || (::getuid() == 0 && ::setuid(nobody) != 0)) return 2;
  return run_main(perform, std::string{arguments[1]}, std::string{arguments[2]});
}
