// unprivileged PATH: opens a file as nobody, and prints the error.
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <iostream>
#include <string>

namespace {

bight::awaitable<void> open(std::string path) {
  try {
    static_cast<void>(co_await bight::fs::open(path));
  } catch (const boost::system::system_error& e) { std::cout << e.what() << '\n'; }
}

}  // namespace

int main(int count, char** arguments) {
  constexpr unsigned nobody = 65534;
  if (count != 2 || (::getuid() == 0 && ::setuid(nobody) != 0)) return 2;
  return bight::run_main(open, std::string{arguments[1]});
}
