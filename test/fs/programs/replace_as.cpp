// replace_as nobody GROUP PATH...: replaces files as nobody who is in that group too.
// replace_as namespace 0 PATH...: replaces them as root of a namespace that knows the user and group 0 alone.
// Prints errors. Ends with 77 where that cannot be arranged. The name of a file says how it is replaced.
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace bight;
using std::filesystem::path;

bool be_nobody(gid_t group) {
  constexpr unsigned nobody = 65534;
  return ::setgroups(1, &group) == 0 && ::setgid(nobody) == 0 && ::setuid(nobody) == 0;
}

bool write_to(const char* file, const char* text) {
  std::ofstream out{file};
  out << text << std::flush;
  return out.good();
}

bool enter_namespace() {
  return ::unshare(CLONE_NEWUSER) == 0 && write_to("/proc/self/setgroups", "deny") &&
         write_to("/proc/self/uid_map", "0 0 1") && write_to("/proc/self/gid_map", "0 0 1");
}

awaitable<void> replace(path file) {
  const auto how = file.filename();
  if (how == "committed") {
    auto made = co_await fs::open_atomically(file);
    co_await made->write_at(0, "new");
    co_await made.commit();
  } else if (how == "published") {
    auto made = co_await fs::make_anonymous_file(file.parent_path());
    co_await made->write_at(0, "new");
    co_await made.publish(file);
  } else if (how == "copied") {
    co_await fs::copy_file(file.parent_path() / "written", file);
  } else {
    co_await fs::write_file_atomically(file, "new");
  }
}

awaitable<void> replace_all(std::vector<path> files) {
  for (const auto& file : files) {
    try {
      co_await replace(file);
    } catch (const boost::system::system_error& e) { std::cout << e.what() << '\n'; }
  }
}

}  // namespace

int main(int count, char** arguments) {
  constexpr int cannot = 77;
  if (count < 4) return 2;
  const bool other = std::string_view{arguments[1]} == "nobody"
                         ? be_nobody(static_cast<gid_t>(std::strtoul(arguments[2], nullptr, 10)))
                         : enter_namespace();
  // As a program that was started like this: its descriptors are found in /proc.
  if (!other || ::prctl(PR_SET_DUMPABLE, 1) != 0) return cannot;
  return run_main(replace_all, std::vector<path>(arguments + 3, arguments + count));
}
