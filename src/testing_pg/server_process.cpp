#include "testing_pg/server_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace bight::testing::detail {
namespace {

namespace files = std::filesystem;

std::string find_programs() {
  std::string found;
  const auto usable = [](const files::path& folder) {
    return ::access((folder / "initdb").c_str(), X_OK) == 0 &&
           ::access((folder / "postgres").c_str(), X_OK) == 0;
  };
  std::string path = std::getenv("PATH") ? std::getenv("PATH") : "";
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find(':', begin), path.size());
    const files::path folder = path.substr(begin, end - begin);
    // A link to one of several programs does not have the others beside it.
    if (!folder.empty() && usable(folder)) return files::canonical(folder / "initdb").parent_path().string();
    begin = end + 1;
  }
  int newest = 0;
  std::error_code none;
  for (const auto& entry : files::directory_iterator("/usr/lib/postgresql", none)) {
    const int version = std::atoi(entry.path().filename().c_str());
    if (version <= newest || !usable(entry.path() / "bin")) continue;
    newest = version;
    found = (entry.path() / "bin").string();
  }
  return found;
}

// Between fork and exec only what is safe there.
[[noreturn]] void become(char* const* arguments, int output, server_user as) {
  if (::geteuid() == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(as.group) != 0 || ::setuid(as.user) != 0) ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  const int input = ::open("/dev/null", O_RDONLY);
  ::dup2(input, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_UNBLOCK, &all, nullptr);
  if (::chdir("/") != 0) ::_exit(126);
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

std::string content_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

const std::string& programs() {
  static const std::string found = find_programs();
  return found;
}

server_user user_for_server() {
  if (::geteuid() != 0) return {::geteuid(), ::getegid()};
  for (const char* const name : {"postgres", "nobody"})
    if (const passwd* const entry = ::getpwnam(name)) return {entry->pw_uid, entry->pw_gid};
  throw std::runtime_error("bight: PostgreSQL does not run as root, and there is no user postgres or nobody");
}

pid_t start_program(const std::vector<std::string>& arguments, const std::string& output) {
  std::vector<char*> pointers;
  for (const auto& a : arguments) pointers.push_back(const_cast<char*>(a.c_str()));
  pointers.push_back(nullptr);
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) throw std::system_error(errno, std::generic_category(), output);
  const auto as = user_for_server();
  const pid_t child = ::fork();
  if (child == 0) become(pointers.data(), file, as);
  const int error = errno;
  ::close(file);
  if (child < 0) throw std::system_error(error, std::generic_category(), "fork");
  return child;
}

void run_program(const std::vector<std::string>& arguments, const std::string& output) {
  const pid_t child = start_program(arguments, output);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (status != 0) throw std::runtime_error("bight: " + arguments.front() + " failed: " + content_of(output));
}

}  // namespace bight::testing::detail
