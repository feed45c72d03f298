// no_uring ERROR BACKEND: uses files where a seccomp filter, as containers have it, forbids io_uring.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

namespace {

using namespace bight;

unsigned number_of(std::string_view error) {
  if (error == "EPERM") return EPERM;
  if (error == "ENOSYS") return ENOSYS;
  if (error == "ENOMEM") return ENOMEM;
  return EINVAL;
}

bool forbid_uring(unsigned error) {
  sock_filter rules[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_io_uring_setup},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | error},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  sock_fprog program{static_cast<unsigned short>(std::size(rules)), rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

awaitable<void> use_files(fs::backend wanted) {
  fs::use_backend(wanted);
  std::FILE* const scratch = std::tmpfile();
  const auto path = "/proc/self/fd/" + std::to_string(::fileno(scratch));
  auto f = co_await fs::open(path, fs::updating);
  co_await f.write_at(0, "hello, world");
  co_await f.sync_data();
  std::string text(100, '?');
  const auto n = co_await f.read_at(0, std::as_writable_bytes(std::span{text}));
  text.resize(n);
  co_await f.close();
  std::fclose(scratch);
  std::cout << (fs::backend_in_use() == fs::backend::threads ? "threads: " : "uring: ") << text << '\n';
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3 || !forbid_uring(number_of(arguments[1]))) return 2;
  const auto wanted = std::string_view{arguments[2]} == "uring" ? fs::backend::uring : fs::backend::automatic;
  return run_main(use_files, wanted);
}
