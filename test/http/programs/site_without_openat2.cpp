// site_without_openat2 ERROR FOLDER TARGET...: serves a folder where a seccomp filter, as containers have it,
// answers openat2 with an error. Prints what a client gets for each target, and what is logged.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <cerrno>
#include <cstddef>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace bight;

unsigned number_of(std::string_view error) {
  if (error == "EPERM") return EPERM;
  if (error == "ENOSYS") return ENOSYS;
  return EIO;
}

bool forbid_openat2(unsigned error) {
  sock_filter rules[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_openat2},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | error},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  sock_fprog program{static_cast<unsigned short>(std::size(rules)), rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

awaitable<void> ask_for_each(std::string base, std::vector<std::string> targets) {
  http::client client;
  for (const auto& target : targets) {
    auto answer = co_await client.get(base + target);
    const auto text = co_await answer.text();
    std::cout << target << ' ' << answer.status().code() << ' ' << text << (text.ends_with('\n') ? "" : "\n");
  }
}

awaitable<void> serve_and_ask(std::string folder, std::vector<std::string> targets) {
  http::server server{http::static_files{folder}};
  net::listener listener{net::endpoint{net::ip_address::loopback(), 0}};
  auto base = "http://" + listener.local_endpoint().to_string();
  auto serving = spawn([&] { return server.serve(std::move(listener)); });
  co_await ask_for_each(std::move(base), std::move(targets));
  server.stop();
  co_await serving;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3 || !forbid_openat2(number_of(arguments[1]))) return 2;
  set_log_handler([](log_level, std::string_view message) { std::cout << "log: " << message << '\n'; });
  return run_main(serve_and_ask, std::string{arguments[2]},
                  std::vector<std::string>(arguments + 3, arguments + count));
}
