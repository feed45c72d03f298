// other_kernel WHAT PATH: uses files with a kernel that is another one in one thing, by seccomp filters.
// no-tmpfile: publishes and writes files where O_TMPFILE is refused, as by some file systems.
// no-unlink, killed-at-unlink: the same, and a name cannot be removed, or the process is killed when it does.
// killed: writes a file, and is killed when it is to be synced.
// early-end: reads a file where reads that must not wait find its end too early, as Linux 5.9 and 5.10 do.
// few-epoll-watches: watches a folder where no descriptor from 200 on can be waited for.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <bight/core.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/fs.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace bight;

constexpr unsigned number_of_call = offsetof(seccomp_data, nr);
constexpr unsigned third_argument = offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t);
constexpr unsigned tmpfile_flag = O_TMPFILE & ~O_DIRECTORY;

constexpr sock_filter no_tmpfile[] = {
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, number_of_call},        {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, SYS_openat},
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, third_argument},        {BPF_JMP | BPF_JSET | BPF_K, 0, 1, tmpfile_flag},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EOPNOTSUPP}, {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
};
constexpr sock_filter killed_at_sync[] = {
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, number_of_call},
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_fsync},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
};

#ifdef SYS_unlink
constexpr unsigned call_of_unlink = SYS_unlink;
#else
constexpr unsigned call_of_unlink = SYS_unlinkat;
#endif
constexpr sock_filter no_unlink[] = {
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, number_of_call},
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, call_of_unlink},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
};
constexpr sock_filter killed_at_unlink[] = {
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, number_of_call},
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, call_of_unlink},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
};
// Without an error a call that is not made returns 0.
constexpr sock_filter early_end[] = {
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, number_of_call},
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_preadv2},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
};
constexpr unsigned first_not_waited_for = 200;
constexpr sock_filter few_epoll_watches[] = {
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, number_of_call},
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, SYS_epoll_ctl},
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, third_argument},
    {BPF_JMP | BPF_JGE | BPF_K, 0, 1, first_not_waited_for},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSPC},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
};

constexpr sock_filter openat2_unknown[] = {
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, number_of_call},
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_openat2},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
};
constexpr sock_filter openat2_forbidden[] = {
    {BPF_LD | BPF_W | BPF_ABS, 0, 0, number_of_call},
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_openat2},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
};

bool be_another(std::span<const sock_filter> rules) {
  std::vector<sock_filter> copy(rules.begin(), rules.end());
  const sock_fprog program{static_cast<unsigned short>(copy.size()), copy.data()};
  const rlimit no_core{0, 0};
  return ::setrlimit(RLIMIT_CORE, &no_core) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

awaitable<std::size_t> count_names(std::string folder) {
  const auto names = co_await fs::list_directory(folder);
  co_return names.size();
}

awaitable<void> write_new(std::string path) { co_await fs::write_file_atomically(path, "new"); }

awaitable<void> use_files(std::string folder) {
  auto f = co_await fs::make_anonymous_file(folder);
  co_await f->write_at(0, "new");
  struct stat about {};
  const bool nameless = ::fstat(f->native_handle(), &about) == 0 && about.st_nlink == 0;
  const auto names = co_await count_names(folder);
  std::cout << (nameless ? "" : "not nameless, ") << names << " names, then: ";
  co_await f.publish(folder + "/a");
  const auto published = co_await fs::read_file(folder + "/a");
  const auto known = co_await fs::stat(folder + "/a");
  std::cout << published << ", " << known.links << " links; ";
  auto g = co_await fs::make_anonymous_file(folder, 0666);
  co_await g->write_at(0, "fresh");
  const fs::publish_options no_other{.replace = false};
  co_await g.publish(folder + "/b", no_other);
  const auto fresh = co_await fs::read_file(folder + "/b");
  co_await fs::write_file_atomically(folder + "/c", "written");
  const auto written = co_await fs::read_file(folder + "/c");
  const auto mode = co_await fs::stat(folder + "/b");
  std::cout << fresh << ", " << std::oct << mode.permissions << "; " << written << "; ";
  auto h = co_await fs::make_anonymous_file(folder);
  try {
    co_await h.publish(folder + "/a", no_other);
  } catch (const boost::system::system_error& e) { std::cout << e.code().message() << '\n'; }
}

awaitable<void> make_one(std::string folder) {
  try {
    static_cast<void>(co_await fs::make_anonymous_file(folder));
    std::cout << "made\n";
  } catch (const boost::system::system_error& e) { std::cout << e.what() << '\n'; }
}

awaitable<void> read_all_of(std::string path) {
  const bight::detail::unique_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  fs::input_stream in{fd.get(), "in"};
  const auto text = co_await read_all(in);
  std::cout << text.size() << " bytes\n";
}

awaitable<void> watch_again(std::string folder) {
  static_cast<void>(co_await fs::exists(folder));  // the threads are there
  std::vector<bight::detail::unique_fd> taken;
  do taken.emplace_back(::fcntl(0, F_DUPFD_CLOEXEC, 0));
  while (taken.back().get() < static_cast<int>(first_not_waited_for));
  fs::watch w{folder};
  for (const bool by_start : {true, false, true}) {
    try {
      if (by_start) {
        co_await w.start();
      } else {
        static_cast<void>(co_await w.next());
      }
      std::cout << "watching\n";
    } catch (const boost::system::system_error& e) { std::cout << e.what() << '\n'; }
  }
  taken.clear();
  co_await w.start();
  co_await fs::write_file(folder + "/a", "text");
  const auto batch = co_await w.next();
  for (const auto& change : *batch) std::cout << change.path.string() << '\n';
}

awaitable<void> find_files(std::string folder) {
  const fs::directory root{folder};
  for (const std::string path :
       {"", "a", "sub", "sub/b", "sub/up", "sub/..", "none", "a/x", "..", "out", "far"}) {
    for (const bool symlinks : {true, false}) {
      const fs::find_options how{.symlinks = symlinks};
      auto it = co_await root.find(path, how);
      std::cout << path << ": ";
      if (it.error()) {
        std::cout << it.error().message();
      } else if (it.about().kind == fs::file_kind::regular) {
        auto f = it.take_file();
        std::string text(10, '\0');
        const auto n = co_await f.read_at(0, std::as_writable_bytes(std::span{text}));
        std::cout << text.substr(0, n);
      } else {
        std::cout << "a folder";
      }
      std::cout << '\n';
    }
  }
}

struct kernel {
  std::string_view name;
  std::vector<std::span<const sock_filter>> rules;
  awaitable<void> (*use)(std::string path);
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  ::umask(026);
  const kernel all[] = {{"no-tmpfile", {no_tmpfile}, use_files},
                        {"no-unlink", {no_tmpfile, no_unlink}, make_one},
                        {"killed-at-unlink", {no_tmpfile, killed_at_unlink}, make_one},
                        {"killed", {killed_at_sync}, write_new},
                        {"early-end", {early_end}, read_all_of},
                        {"openat2-unknown", {openat2_unknown}, find_files},
                        {"openat2-forbidden", {openat2_forbidden}, find_files},
                        {"few-epoll-watches", {few_epoll_watches}, watch_again}};
  for (const auto& one : all) {
    if (one.name != arguments[1]) continue;
    for (const auto& rules : one.rules)
      if (!be_another(rules)) return 2;
    return run_main(one.use, std::string{arguments[2]});
  }
  return 2;
}
