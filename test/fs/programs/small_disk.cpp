// small_disk PATH: writes a file where no file may have more than 64 KiB, and prints the error.
#include <signal.h>
#include <sys/resource.h>

#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <iostream>
#include <string>

namespace {

bight::awaitable<void> fill_disk(std::string path) {
  const std::string text(100'000, 'x');
  try {
    co_await bight::fs::write_file_atomically(path, text);
  } catch (const boost::system::system_error& e) { std::cout << e.what() << '\n'; }
}

}  // namespace

int main(int count, char** arguments) {
  constexpr rlim_t most = 64U << 10U;
  const rlimit limit{most, most};
  if (count != 2 || ::signal(SIGXFSZ, SIG_IGN) == SIG_ERR || ::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
  return bight::run_main(fill_disk, std::string{arguments[1]});
}
