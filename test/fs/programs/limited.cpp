// limited file_size|descriptors|refused BACKEND FOLDER: uses files where files may not grow, where there are
// no descriptors left, and where io_uring is forbidden after it was used. Prints what happens.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/fs.hpp>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace bight;
using boost::system::system_error;

// The errno that `what` ends with, 0 for none.
awaitable<int> error_of(awaitable<void> what) {
  try {
    co_await std::move(what);
  } catch (const system_error& e) { co_return e.code().value(); }
  co_return 0;
}
template <class T>
awaitable<void> drop(awaitable<T> what) {
  static_cast<void>(co_await std::move(what));
}

const fs::open_options both{.read = true, .write = true, .create = true};
const fs::atomic_options quick{.sync = false};

// Files may have 64 KiB, and SIGXFSZ means what it usually does: the end.
awaitable<void> outgrow(std::string folder) {
  constexpr rlim_t most = 64U << 10U;
  const rlimit limit{most, most};
  const std::string text(100'000, 'x');
  co_await fs::write_file(folder + "/from", text);
  co_await fs::write_file(folder + "/old", "old");
  auto f = co_await fs::open(folder + "/f", both);
  auto g = co_await fs::open(folder + "/g", both);
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) co_return;
  std::map<std::string, int> errors;
  errors["write_at"] = co_await error_of(f.write_at(0, text));
  errors["write_at far"] = co_await error_of(f.write_at(most, "x"));
  errors["truncate"] = co_await error_of(f.truncate(most + 1));
  errors["write_file"] = co_await error_of(fs::write_file(folder + "/h", text));
  errors["write_file_atomically"] = co_await error_of(fs::write_file_atomically(folder + "/old", text));
  errors["copy_file"] = co_await error_of(fs::copy_file(folder + "/from", folder + "/old"));
  fs::writer out{g, {.buffer = 1000}};
  co_await out.write("begin ");
  const auto write_all = [&]() -> awaitable<void> { co_await out.write(text); };
  errors["writer"] = co_await error_of(write_all());
  {
    const bight::detail::unique_fd fd{::open((folder + "/i").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
    fs::output_stream stream{fd.get(), "i"};
    const auto write_all_of_it = [&]() -> awaitable<void> { co_await stream.write(text); };
    errors["output_stream"] = co_await error_of(write_all_of_it());
    co_await stream.write("what its destructor writes");
  }
  for (const auto& [name, error] : errors)
    if (error != EFBIG) std::cout << name << ": " << error << '\n';
  const auto size = co_await f.size();
  const auto old = co_await fs::read_file(folder + "/old");
  std::cout << size << ' ' << out.position() << ' ' << old << '\n';
}

int open_descriptors() {
  int all = 0;
  for (int fd = 0; fd != 256; ++fd) all += ::fcntl(fd, F_GETFD) != -1;
  return all;
}

struct call {
  const char* name;
  std::function<awaitable<void>()> make;
};

awaitable<void> walk_all(std::string folder) {
  fs::walk all{folder};
  auto entry = co_await all.next();
  while (entry) entry = co_await all.next();
}

std::vector<call> calls_in(const std::string& folder) {
  const auto file = folder + "/file";
  return {
      {"open", [=] { return drop(fs::open(file)); }},
      {"read_file", [=] { return drop(fs::read_file(file)); }},
      {"write_file", [=] { return fs::write_file(folder + "/other", "text"); }},
      {"write_file_atomically", [=] { return fs::write_file_atomically(file, "text"); }},
      {"copy_file", [=] { return fs::copy_file(file, folder + "/copy"); }},
      {"list_directory", [=] { return drop(fs::list_directory(folder)); }},
      {"walk", [=] { return walk_all(folder); }},
      {"remove_all", [=] { return drop(fs::remove_all(folder + "/d")); }},
      {"make_temporary_file", [=] { return drop(fs::make_temporary_file(folder)); }},
      {"make_temporary_directory", [=] { return drop(fs::make_temporary_directory(folder)); }},
      {"stat", [=] { return drop(fs::stat(file)); }},
      {"rename", [=] { return fs::rename(folder + "/other", folder + "/another"); }},
      {"remove", [=] { return drop(fs::remove(folder + "/another")); }},
  };
}

awaitable<void> make_tree(std::string folder) {
  const fs::directory_options parents{.parents = true};
  co_await fs::make_directory(folder + "/d/e/f", parents);
  co_await fs::write_file(folder + "/file", "text");
  co_await fs::write_file(folder + "/other", "text");
  co_await fs::write_file(folder + "/d/e/f/g", "text");
}

// With no descriptor to spare, then with one, and so on: an error that says so, or the work is done.
awaitable<void> use_none(std::string folder, fs::backend wanted) {
  const rlimit limit{200, 200};
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) co_return;
  auto before = co_await fs::open(folder + "/before", both);
  for (std::size_t spare = 0; spare != 6; ++spare) {
    co_await make_tree(folder);
    std::vector<bight::detail::unique_fd> taken;
    while (taken.empty() || taken.back()) taken.emplace_back(::fcntl(0, F_DUPFD_CLOEXEC, 0));
    taken.resize(taken.size() - 1 - spare);
    fs::use_backend(wanted);  // the ring is tried again, without descriptors
    static_cast<void>(fs::backend_in_use());
    co_await before.write_at(0, "text");
    const int open = open_descriptors();
    for (const auto& [name, make] : calls_in(folder)) {
      const int error = co_await error_of(make());
      if (error != 0 && error != EMFILE) std::cout << name << ": " << error << '\n';
      if (error == EMFILE && spare == 5) std::cout << name << " needs more than " << spare << '\n';
      if (open_descriptors() > open) std::cout << name << " leaks\n";
    }
    if (spare == 0) std::cout << "open: " << co_await error_of(drop(fs::open(folder + "/file"))) << '\n';
  }
  co_await make_tree(folder);
  for (const auto& [name, make] : calls_in(folder)) co_await make();
  std::cout << "works again\n";
}

bool forbid_enter() {
  sock_filter rules[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_io_uring_enter},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  sock_fprog program{static_cast<unsigned short>(std::size(rules)), rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// A filter that comes while the ring is at work.
awaitable<void> use_refused(std::string folder, fs::backend wanted) {
  fs::use_backend(wanted);
  auto f = co_await fs::open(folder + "/f", both);
  co_await f.write_at(0, "hello, world");
  const auto before = fs::backend_in_use();
  constexpr std::size_t pieces = 700;  // more than a ring holds
  constexpr std::size_t piece = 4096;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i != pieces; ++i) texts.emplace_back(piece, static_cast<char>('a' + i % 26));
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (std::size_t i = 0; i != pieces; ++i)
      group.spawn([&, i] { return f.write_at(i * piece, texts[i]); }).detach();
    for (std::size_t i = 0; i != 3; ++i) group.spawn([&] { return f.sync_data(); }).detach();
    co_await yield();
    if (!forbid_enter()) std::cout << "no filter\n";
  });
  std::string all(pieces * piece, '?');
  const auto n = co_await f.read_at(0, std::as_writable_bytes(std::span{all}));
  for (std::size_t i = 0; i != pieces; ++i)
    if (all.compare(i * piece, piece, texts[i]) != 0) std::cout << "wrong: " << i << '\n';
  co_await f.sync_all();
  co_await f.close();
  if (before == fs::backend::uring && fs::backend_in_use() != fs::backend::threads) std::cout << "still\n";
  std::cout << n << " bytes\n";
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const std::string what = arguments[1];
  const std::string folder = arguments[3];
  const auto wanted = std::string{arguments[2]} == "threads" ? fs::backend::threads : fs::backend::uring;
  return run_main([&]() -> awaitable<void> {
    fs::use_backend(wanted);
    if (what == "file_size") return outgrow(folder);
    return what == "descriptors" ? use_none(folder, wanted) : use_refused(folder, wanted);
  });
}
