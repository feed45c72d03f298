#include "core/process/start_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>
#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

namespace bight::detail {
namespace {

using access = command_access;
using kind = access::stdio_kind;

[[noreturn]] void fail(int error, const std::string& what) {
  throw boost::system::system_error(boost::system::error_code{error, boost::system::system_category()}, what);
}

// The standard streams are replaced one by one, so descriptors that are still needed must not be among them.
unique_fd above_standard(int fd) {
  unique_fd copy{::fcntl(fd, F_DUPFD_CLOEXEC, channel_descriptor + 1)};
  if (!copy) fail(errno, fmt::format("bight: start a process: descriptor {}", fd));
  return copy;
}

class file_actions {
 public:
  file_actions() { check(::posix_spawn_file_actions_init(&actions_)); }
  file_actions(const file_actions&) = delete;
  file_actions& operator=(const file_actions&) = delete;
  ~file_actions() { ::posix_spawn_file_actions_destroy(&actions_); }

  void dup(int from, int to) { check(::posix_spawn_file_actions_adddup2(&actions_, from, to)); }
  void open_null(int to) {
    check(::posix_spawn_file_actions_addopen(&actions_, to, "/dev/null", to == 0 ? O_RDONLY : O_WRONLY, 0));
  }
  void close_from(int first) { check(::posix_spawn_file_actions_addclosefrom_np(&actions_, first)); }
  void enter(const std::string& directory) {
    check(::posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()));
  }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  static void check(int error) {
    if (error != 0) fail(error, "bight: start a process");
  }
  posix_spawn_file_actions_t actions_;
};

class attributes {
 public:
  explicit attributes(access::grouping group) {
    if (const int error = ::posix_spawnattr_init(&attributes_)) fail(error, "bight: start a process");
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (group == access::grouping::group) flags |= POSIX_SPAWN_SETPGROUP;
    if (group == access::grouping::session) flags |= POSIX_SPAWN_SETSID;
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  attributes(const attributes&) = delete;
  attributes& operator=(const attributes&) = delete;
  ~attributes() { ::posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const noexcept { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (const auto& t : texts) all.push_back(const_cast<char*>(t.c_str()));
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_of(const command& what) {
  const auto& changes = access::changes(what);
  const auto changed = [&](std::string_view name) {
    return std::any_of(changes.begin(), changes.end(), [&](const auto& c) { return c.first == name; });
  };
  std::vector<std::string> all;
  if (!access::clears_environment(what)) {
    for (char** e = environ; e && *e; ++e) {
      const std::string_view variable{*e};
      if (!changed(variable.substr(0, variable.find('=')))) all.emplace_back(variable);
    }
  }
  for (const auto& [name, value] : changes)
    if (value) all.push_back(name + '=' + *value);
  return all;
}

// The child's ends of pipes and copies of given descriptors, open until the child has its own.
struct child_ends {
  std::array<unique_fd, 3> streams;
  unique_fd channel;
};

void make_pipe(std::size_t stream, unique_fd& ours, unique_fd& theirs) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail(errno, "bight: start a process: pipe");
  const unique_fd reading{ends[0]};
  const unique_fd writing{ends[1]};
  const bool is_input = stream == 0;
  theirs = above_standard(is_input ? reading.get() : writing.get());
  ours = above_standard(is_input ? writing.get() : reading.get());
}

void connect_stream(const command& what, int stream, file_actions& files, started_process& made,
                    child_ends& theirs) {
  const auto i = static_cast<std::size_t>(stream);
  switch (access::kind(what, i)) {
    case kind::open:
    case kind::inherit:
      return;
    case kind::null:
      return files.open_null(stream);
    case kind::to_output:
      return files.dup(1, stream);
    case kind::pipe:
      make_pipe(i, made.pipes[i], theirs.streams[i]);
      break;
    case kind::descriptor:
      theirs.streams[i] = above_standard(access::descriptor(access::stream(what, i)));
      break;
  }
  files.dup(theirs.streams[i].get(), stream);
}

[[noreturn]] void fail_to_start(const command& what, int error) {
  const auto& directory = access::directory(what);
  if (directory.empty()) fail(error, fmt::format("bight: start '{}'", what.program()));
  const unique_fd there{::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  const bool usable = there && ::access(directory.c_str(), X_OK) == 0;
  fail(error, fmt::format("bight: start '{}' in {}'{}'", what.program(),
                          usable ? "" : "a directory that cannot be entered, ", directory));
}

}  // namespace

started_process start_process(const command& what, int channel) {
  started_process made;
  child_ends theirs;
  file_actions files;
  for (int stream = 0; stream != 3; ++stream) connect_stream(what, stream, files, made, theirs);
  if (channel >= 0) {
    theirs.channel = above_standard(channel);
    files.dup(theirs.channel.get(), channel_descriptor);
  }
  files.close_from(channel >= 0 ? channel_descriptor + 1 : channel_descriptor);
  if (const auto& directory = access::directory(what); !directory.empty()) files.enter(directory);
  const attributes how{access::group(what)};
  const auto arguments = pointers(access::arguments(what));
  const auto environment = environment_of(what);
  const int error = ::posix_spawnp(&made.pid, what.program().c_str(), files.get(), how.get(),
                                   arguments.data(), pointers(environment).data());
  if (error != 0) fail_to_start(what, error);
  return made;
}

}  // namespace bight::detail
