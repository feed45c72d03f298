#include "support/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace bight::test {
namespace {

using std::chrono::steady_clock;

struct ends {
  int parent = -1;
  int child = -1;
};

ends make_pipe() {
  std::array<int, 2> p{};
  if (::pipe2(p.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  return {p[0], p[1]};
}

ends make_terminal(int columns) {
  ends made;
  winsize size{};
  size.ws_row = 24;
  size.ws_col = static_cast<unsigned short>(columns);
  if (::openpty(&made.parent, &made.child, nullptr, nullptr, &size) != 0)
    throw std::runtime_error("openpty failed");
  ::fcntl(made.parent, F_SETFD, FD_CLOEXEC);
  ::fcntl(made.child, F_SETFD, FD_CLOEXEC);
  return made;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const auto& t : texts) all.push_back(const_cast<char*>(t.c_str()));
  all.push_back(nullptr);
  return all;
}

// posix_spawn with a clean signal state and an environment of its own.
pid_t start(const std::vector<std::string>& arguments, const program_options& options, int out, int err) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  if (!options.stdout_to.empty())
    ::posix_spawn_file_actions_addopen(&files, 1, options.stdout_to.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                       0600);
  else
    ::posix_spawn_file_actions_adddup2(&files, out, 1);
  ::posix_spawn_file_actions_adddup2(&files, err, 2);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  auto environment = options.environment;  // the first of a name counts
  for (char** e = environ; *e != nullptr; ++e) environment.emplace_back(*e);
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &files, &attributes, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) throw std::runtime_error(arguments.at(0) + " cannot be started");
  return pid;
}

}  // namespace

std::vector<std::string> program_result::errors() const {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < err.size();) {
    const auto end = std::min(err.find('\n', begin), err.size());
    lines.push_back(err.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

program::program(const std::vector<std::string>& arguments, const program_options& options) {
  const auto out = make_pipe();
  const auto err = options.terminal_columns != 0 ? make_terminal(options.terminal_columns) : make_pipe();
  out_ = out.parent;
  err_ = err.parent;
  if (options.close_stdout) {
    ::close(out_);
    out_ = -1;
  }
  pid_ = start(arguments, options, out.child, err.child);
  ::close(out.child);
  ::close(err.child);
}

program::~program() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (out_ >= 0) ::close(out_);
  if (err_ >= 0) ::close(err_);
}

void program::signal(int number) const { ::kill(pid_, number); }

void program::wait_for_full_stdout() const {
  // A page of the pipe stays half empty where a write began a new one: after the first lines and here.
  constexpr int pages = 2 * 4096;
  const int full = ::fcntl(out_, F_GETPIPE_SZ) - pages;
  const auto until = steady_clock::now() + std::chrono::seconds{10};
  for (int held = 0; held < full; ::sched_yield()) {
    if (::ioctl(out_, FIONREAD, &held) != 0 || steady_clock::now() > until)
      throw std::runtime_error("stdout did not become full");
  }
}

void program::signal_until_it_ends(int number) {
  const int watched = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  pollfd ended{watched, POLLIN, 0};
  for (int i = 0; i != 100; ++i) {
    ::kill(pid_, number);
    if (::poll(&ended, 1, 100) == 1) break;
  }
  ::close(watched);
}

// False when there is nothing more to come, or time is up.
bool program::read_more(steady_clock::time_point until) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now()).count();
  if (left < 0 || (out_ < 0 && err_ < 0)) return false;
  std::array<pollfd, 2> wait{{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
  if (::poll(wait.data(), wait.size(), static_cast<int>(left)) <= 0) return false;
  const auto read_from = [](const pollfd& p, int& descriptor, std::string& text) {
    if (p.revents == 0 || descriptor < 0) return;
    std::array<char, 16 * 1024> piece;
    const auto n = ::read(descriptor, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) return;
    if (n > 0) {
      text.append(piece.data(), static_cast<std::size_t>(n));
      return;
    }
    ::close(descriptor);  // a terminal without users is EIO
    descriptor = -1;
  };
  read_from(wait[0], out_, result_.out);
  read_from(wait[1], err_, result_.err);
  return true;
}

std::string program::wait_for_line(std::string_view text) {
  const auto until = steady_clock::now() + std::chrono::seconds{10};
  while (true) {
    auto at = result_.out.find(text);
    while (at != result_.out.npos && at != 0 && result_.out[at - 1] != '\n')
      at = result_.out.find(text, at + 1);
    const auto end = result_.out.find('\n', at);
    if (at != result_.out.npos && end != result_.out.npos)
      return result_.out.substr(at + text.size(), end - at - text.size());
    if (!read_more(until))
      throw std::runtime_error("no line '" + std::string{text} + "...' in:\n" + result_.out + result_.err);
  }
}

void program::wait_for_error(std::string_view text) {
  const auto until = steady_clock::now() + std::chrono::seconds{10};
  while (result_.err.find(text) == result_.err.npos)
    if (!read_more(until)) throw std::runtime_error("no '" + std::string{text} + "' in:\n" + result_.err);
}

program_result program::finish(std::chrono::milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  while (read_more(until)) {}
  result_.timed_out = out_ >= 0 || err_ >= 0;
  if (result_.timed_out) ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  result_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result_;
}

program_result run(const std::vector<std::string>& arguments, const program_options& options) {
  program p{arguments, options};
  return p.finish();
}

scratch_folder::scratch_folder() : scratch_folder(std::filesystem::temp_directory_path().string()) {}

scratch_folder::scratch_folder(const std::string& in) : path_(in + "/bight-test-XXXXXX") {
  if (!::mkdtemp(path_.data())) throw std::runtime_error("mkdtemp failed");
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string scratch_folder::write(std::string_view name, std::string_view text) const {
  const auto path = file(name);
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
  std::ofstream{path, std::ios::binary} << text;
  return path;
}

std::vector<std::string> scratch_folder::names() const {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator{path_})
    all.push_back(entry.path().filename().string());
  std::sort(all.begin(), all.end());
  return all;
}

std::string memory_folder() {
  constexpr const char* usual = "/dev/shm";
  return ::access(usual, W_OK | X_OK) == 0 ? usual : std::filesystem::temp_directory_path().string();
}

std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace bight::test
