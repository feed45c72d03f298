// other_kernel no-tmpfile FOLDER: publishes and writes files where O_TMPFILE is refused, as by some file
// systems. other_kernel killed PATH: writes a file, and is killed when it is to be synced. Both by seccomp
// filters.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <bight/core.hpp>
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
  auto g = co_await fs::make_anonymous_file(folder);
  co_await g->write_at(0, "fresh");
  const fs::publish_options no_other{.replace = false};
  co_await g.publish(folder + "/b", no_other);
  const auto fresh = co_await fs::read_file(folder + "/b");
  co_await fs::write_file_atomically(folder + "/c", "written");
  const auto written = co_await fs::read_file(folder + "/c");
  std::cout << fresh << "; " << written << "; ";
  auto h = co_await fs::make_anonymous_file(folder);
  try {
    co_await h.publish(folder + "/a", no_other);
  } catch (const boost::system::system_error& e) { std::cout << e.code().message() << '\n'; }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const bool killed = std::string_view{arguments[1]} == "killed";
  const std::string path = arguments[2];
  if (killed) return be_another(killed_at_sync) ? run_main(write_new, path) : 2;
  return be_another(no_tmpfile) ? run_main(use_files, path) : 2;
}
