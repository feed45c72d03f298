// failing FOLDER: makes each system call fail that whole-file functions make, with each error that it may
// have, by seccomp filters. What must hold afterwards is checked; prints what does not, and how many
// combinations there were.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#ifdef __SANITIZE_THREAD__
// A second at the end of each process would make minutes.
extern "C" const char* __tsan_default_options() { return "atexit_sleep_ms=0"; }
#endif

namespace {

using namespace bight;
using boost::system::system_error;

// A call is meant if (argument & mask) is at least `value`: not those of others, like an eventfd's writes.
struct system_call {
  const char* name;
  unsigned number;
  unsigned argument;
  unsigned mask;
  unsigned value;
};

#ifdef SYS_mkdir
constexpr unsigned call_of_mkdir = SYS_mkdir;
#else
constexpr unsigned call_of_mkdir = SYS_mkdirat;
#endif

constexpr system_call calls[] = {
    {"openat to make", SYS_openat, 2, O_CREAT, O_CREAT},
    {"openat of a folder", SYS_openat, 2, O_DIRECTORY, O_DIRECTORY},
    {"fcntl", SYS_fcntl, 1, ~0U, F_SETFL},
    {"write", SYS_write, 2, ~0U, 1000},
    {"copy_file_range", SYS_copy_file_range, 4, ~0U, 1},
    {"fchmod", SYS_fchmod, 0, ~0U, 3},
    {"fsync", SYS_fsync, 0, ~0U, 3},
    {"renameat", SYS_renameat, 0, 0, 0},
    {"mkdir", call_of_mkdir, 0, 0, 0},
    {"lseek", SYS_lseek, 0, ~0U, 3},
};

constexpr int errors[] = {EIO, ENOSPC, EDQUOT, ENOMEM, EACCES, EMFILE, EINVAL};

bool make_fail(const system_call& c, int error) {
  const auto argument = static_cast<unsigned>(offsetof(seccomp_data, args) + 8 * c.argument);
  sock_filter rules[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 4, c.number},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, argument},
      {BPF_ALU | BPF_AND | BPF_K, 0, 0, c.mask},
      {BPF_JMP | BPF_JGE | BPF_K, 0, 1, c.value},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  sock_fprog program{static_cast<unsigned short>(std::size(rules)), rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

struct scenario {
  const char* name;
  awaitable<void> (*run)(std::string folder, std::string text);
  bool leaves_the_old;        ///< FOLDER/old has the old content or the new one.
  const char* not_this = "";  ///< What removes the rest must be able to do.
};

awaitable<void> replace(std::string folder, std::string text) {
  co_await fs::write_file_atomically(folder + "/old", text);
}
awaitable<void> copy(std::string folder, std::string /*text*/) {
  const fs::copy_options safe{.sync = true};
  co_await fs::copy_file(folder + "/from", folder + "/old", safe);
}
awaitable<void> write(std::string folder, std::string text) {
  co_await fs::write_file(folder + "/old", text);
}
awaitable<void> use_temporaries(std::string folder, std::string text) {
  auto d = co_await fs::make_temporary_directory(folder);
  auto f = co_await fs::make_temporary_file(d.path());
  auto g = co_await fs::make_temporary_file(folder);
  co_await fs::write_file(d.path() / "below", text);
}

constexpr scenario scenarios[] = {{"write_file_atomically", replace, true},
                                  {"copy_file", copy, true},
                                  {"write_file", write, false},
                                  {"temporaries", use_temporaries, false, "openat of a folder"}};

std::string read(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::size_t open_descriptors() {
  std::size_t all = 0;
  for (int fd = 0; fd != 256; ++fd) all += ::fcntl(fd, F_GETFD) != -1;
  return all;
}

// In a process of its own: filters cannot be taken back. Ends with 0 if it succeeded, 1 if there was the
// error, 3 for another end, 4 if descriptors were left open.
int try_with(const scenario& s, const system_call& c, int error, const std::string& folder,
             const std::string& text) {
  return run([&]() -> awaitable<int> {
    static_cast<void>(co_await fs::exists(folder));  // the threads are there
    const auto before = open_descriptors();
    if (!make_fail(c, error)) co_return 5;
    int result = 0;
    auto working = spawn(s.run, folder, text);
    co_await working.wait();
    try {
      if (auto e = working.exception()) std::rethrow_exception(e);
    } catch (const system_error& e) { result = e.code().value() == error ? 1 : 3; } catch (...) {
      result = 3;
    }
    co_return open_descriptors() > before ? 4 : result;
  });
}

int run_in_child(const scenario& s, const system_call& c, int error, const std::string& folder,
                 const std::string& text) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(try_with(s, c, error, folder, text));
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const std::string folder = arguments[1];
  const std::string text(100'000, 'n');
  std::size_t failed = 0;
  for (const auto& s : scenarios) {
    for (const auto& c : calls) {
      if (std::string_view{s.not_this} == c.name) continue;
      for (const int error : errors) {
        std::ofstream{folder + "/old"} << "old";
        std::ofstream{folder + "/from"} << text;
        const int end = run_in_child(s, c, error, folder, text);
        failed += end == 1;
        const auto old = read(folder + "/old");
        const auto entries = std::filesystem::directory_iterator{folder};
        const auto names = std::distance(entries, {});
        const bool whole = !s.leaves_the_old || old == text || (old == "old" && end == 1);
        const bool nothing_left = names == 2;
        if (end > 1 || !whole || !nothing_left)
          std::cout << s.name << ", " << c.name << ", " << std::strerror(error) << ": " << end
                    << (whole ? "" : ", not whole") << (nothing_left ? "" : ", something left") << '\n';
        if (!nothing_left) return 1;
        if (end == 0 && error == EIO) break;  // it makes no such call
      }
    }
  }
  std::cout << (failed >= 100 ? "many" : "few") << " failures\n";
}
