// few_watches WATCHES INSTANCES PATH: watches where the system allows only so many watches and instances of
// inotify, and prints the error. Ends with 77 where that cannot be arranged.
#include <sched.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <fstream>
#include <iostream>
#include <string>

namespace {

bool write_to(const char* file, const std::string& text) {
  std::ofstream out{file};
  out << text << std::flush;
  return out.good();
}

bight::awaitable<void> start_watch(std::string path) {
  bight::fs::watch w{path};
  try {
    co_await w.start();
    std::cout << "watching\n";
  } catch (const boost::system::system_error& e) { std::cout << e.what() << '\n'; }
}

}  // namespace

int main(int count, char** arguments) {
  constexpr int cannot = 77;
  if (count != 4) return 2;
  const auto user = std::to_string(::getuid());
  if (::unshare(CLONE_NEWUSER) != 0 || !write_to("/proc/self/uid_map", "0 " + user + " 1") ||
      !write_to("/proc/sys/user/max_inotify_watches", arguments[1]) ||
      !write_to("/proc/sys/user/max_inotify_instances", arguments[2]))
    return cannot;
  return bight::run_main(start_watch, std::string{arguments[3]});
}
