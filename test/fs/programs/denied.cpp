// denied PATH: tries, as nobody, each function on what may not be done in PATH: `file` may only be read,
// `closed` may not be entered and has a file `a`, `fixed` may not be changed and has a file `a`. Prints what
// was not denied.
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <iostream>
#include <string>

namespace {

using namespace bight;
using boost::system::system_error;

template <class T>
awaitable<void> drop(awaitable<T> what) {
  static_cast<void>(co_await std::move(what));
}

awaitable<void> expect_denied(const char* name, awaitable<void> what) {
  try {
    co_await std::move(what);
    std::cout << name << ": done\n";
  } catch (const system_error& e) {
    if (e.code() != boost::system::errc::permission_denied) std::cout << name << ": " << e.what() << '\n';
  }
}

awaitable<void> try_all(std::string path) {
  const auto file = path + "/file";
  const fs::directory_options parents{.parents = true};
  co_await expect_denied("open", drop(fs::open(file, fs::updating)));
  co_await expect_denied("write_file", fs::write_file(file, "new"));
  for (const auto& folder : {path + "/closed", path + "/fixed"}) {
    const auto a = folder + "/a";
    const auto b = folder + "/b";
    co_await expect_denied("open to make", drop(fs::open(b, fs::writing)));
    co_await expect_denied("write_file to make", fs::write_file(b, "new"));
    co_await expect_denied("write_file_atomically", fs::write_file_atomically(a, "new"));
    co_await expect_denied("write_file_atomically to make", fs::write_file_atomically(b, "new"));
    co_await expect_denied("copy_file", fs::copy_file(file, b));
    co_await expect_denied("make_directory", fs::make_directory(b));
    co_await expect_denied("make_directory with parents", fs::make_directory(b + "/c/d", parents));
    co_await expect_denied("remove", drop(fs::remove(a)));
    co_await expect_denied("remove_all", drop(fs::remove_all(a)));
    co_await expect_denied("remove_all of all", drop(fs::remove_all(folder)));
    co_await expect_denied("rename", fs::rename(a, b));
    co_await expect_denied("make_symlink", fs::make_symlink("a", b));
    co_await expect_denied("make_temporary_file", drop(fs::make_temporary_file(folder)));
    co_await expect_denied("make_temporary_directory", drop(fs::make_temporary_directory(folder)));
  }
  const auto closed = path + "/closed";
  co_await expect_denied("list_directory", drop(fs::list_directory(closed)));
  co_await expect_denied("read_file", drop(fs::read_file(closed + "/a")));
  co_await expect_denied("read_symlink", drop(fs::read_symlink(closed + "/a")));
  co_await expect_denied("make_link", fs::make_link(closed + "/a", path + "/link"));
  co_await expect_denied("set_permissions", fs::set_permissions(closed + "/a", 0600));
  co_await expect_denied("stat", drop(fs::stat(closed + "/a")));
  co_await expect_denied("exists", drop(fs::exists(closed + "/a")));
  std::cout << "all tried\n";
}

}  // namespace

int main(int count, char** arguments) {
  constexpr unsigned nobody = 65534;
  if (count != 2 || (::getuid() == 0 && ::setuid(nobody) != 0)) return 2;
  return run_main(try_all, std::string{arguments[1]});
}
