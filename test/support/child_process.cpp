#include "support/child_process.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace bight::test {
namespace {

class pipe_ends {
 public:
  pipe_ends() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  ~pipe_ends() {
    for (const int end : ends_)
      if (end >= 0) ::close(end);
  }
  int reading() const noexcept { return ends_[0]; }
  int writing() const noexcept { return ends_[1]; }
  int take(std::size_t end) noexcept { return std::exchange(ends_[end], -1); }

 private:
  std::array<int, 2> ends_{-1, -1};
};

// The signal mask and what is ignored here must not reach the program.
class spawn_attributes {
 public:
  spawn_attributes() {
    ::posix_spawnattr_init(&value_);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&value_, &none);
    ::posix_spawnattr_setsigdefault(&value_, &all);
    ::posix_spawnattr_setpgroup(&value_, 0);  // one of its own
    ::posix_spawnattr_setflags(&value_,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  spawn_attributes(const spawn_attributes&) = delete;
  spawn_attributes& operator=(const spawn_attributes&) = delete;
  ~spawn_attributes() { ::posix_spawnattr_destroy(&value_); }
  const posix_spawnattr_t* get() const noexcept { return &value_; }

 private:
  posix_spawnattr_t value_;
};

pid_t start(const std::vector<std::string>& arguments, int input, int output) {
  auto program = find_program(arguments.at(0));
  if (program.empty()) throw std::runtime_error(arguments[0] + " is not installed");
  // Through setpriv it dies with the test, whatever ends that.
  std::vector<std::string> command{"setpriv", "--pdeathsig", "KILL", "--", program};
  auto setpriv = find_program("setpriv");
  if (setpriv.empty())
    command.assign(1, arguments[0]);
  else
    program = std::move(setpriv);
  command.insert(command.end(), arguments.begin() + 1, arguments.end());
  std::vector<char*> argv;
  for (auto& c : command) argv.push_back(c.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, 1);
  ::posix_spawn_file_actions_adddup2(&actions, output, 2);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, program.c_str(), &actions, spawn_attributes{}.get(), argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error(program + " cannot be started");
  return pid;
}

bool accepts(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(port);
  const bool connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  ::close(socket);
  return connected;
}

}  // namespace

std::string find_program(std::string_view name) {
  if (name.starts_with('/')) return std::string{name};
  const char* const path = std::getenv("PATH");
  std::string places = (path ? std::string{path} : std::string{}) + ":/usr/sbin:/usr/local/sbin:/sbin";
  for (std::size_t begin = 0; begin < places.size();) {
    const auto end = std::min(places.find(':', begin), places.size());
    auto candidate = places.substr(begin, end - begin) + '/' + std::string{name};
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return {};
}

child_process::child_process(const std::vector<std::string>& arguments) {
  pipe_ends in;
  pipe_ends out;
  pid_ = start(arguments, in.reading(), out.writing());
  input_ = in.take(1);
  output_ = out.take(0);
}

child_process::~child_process() {
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(input_);
  ::close(output_);
}

std::string child_process::wait_for_line(std::string_view text) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (true) {
    const auto at = seen_.find(text);
    const auto end = at == seen_.npos ? seen_.npos : seen_.find('\n', at);
    if (end != seen_.npos) return seen_.substr(at + text.size(), end - at - text.size());
    const auto left = give_up - std::chrono::steady_clock::now();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
    if (ms <= 0 || !read_more(static_cast<int>(ms))) {
      throw std::runtime_error("no line with '" + std::string{text} + "' in the output:\n" + seen_);
    }
  }
}

void child_process::wait_for_port(std::uint16_t port) {
  constexpr int pause_ms = 5;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!accepts(port)) {
    pollfd wait{output_, POLLIN, 0};
    const bool silent = ::poll(&wait, 1, pause_ms) == 0;
    if ((!silent && !read_more(0)) || std::chrono::steady_clock::now() > give_up)
      throw std::runtime_error("nobody listens on port " + std::to_string(port) + "; output:\n" + seen_);
  }
}

bool child_process::read_more(int timeout_ms) {
  pollfd wait{output_, POLLIN, 0};
  if (::poll(&wait, 1, timeout_ms) <= 0) return false;
  std::array<char, 4096> piece;
  const auto n = ::read(output_, piece.data(), piece.size());
  if (n <= 0) return false;
  seen_.append(piece.data(), static_cast<std::size_t>(n));
  return true;
}

void run_program(const std::vector<std::string>& arguments) {
  pipe_ends in;
  pipe_ends out;
  const auto pid = start(arguments, in.reading(), out.writing());
  ::close(out.take(1));
  std::string output;
  std::array<char, 4096> piece;
  while (true) {
    const auto n = ::read(out.reading(), piece.data(), piece.size());
    if (n <= 0) break;
    output.append(piece.data(), static_cast<std::size_t>(n));
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error(arguments[0] + " failed:\n" + output);
}

}  // namespace bight::test
