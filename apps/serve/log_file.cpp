#include "log_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <iostream>
#include <utility>

namespace serve {
namespace {

int open_log(const std::string& path) {
  if (path == "-") return STDOUT_FILENO;
  constexpr int permissions = 0640;  // logs have addresses of people in them
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, permissions);
  if (fd < 0)
    throw boost::system::system_error(errno, boost::system::system_category(),
                                      "--access-log: open '" + path + '\'');
  return fd;
}

}  // namespace

log_file::log_file(std::string path) : path_(std::move(path)), descriptor_(open_log(path_)) {}

log_file::~log_file() {
  if (descriptor_ != STDOUT_FILENO) ::close(descriptor_);
}

void log_file::write(std::string_view line) {
  std::string text{line};
  text += '\n';
  const std::lock_guard lock{mutex_};
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto n = ::write(descriptor_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      if (!std::exchange(failed_, true))
        std::cerr << "bight-serve: --access-log: write '" << path_
                  << "': " << boost::system::system_category().message(errno) << std::endl;
      return;
    }
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  failed_ = false;
}

void log_file::reopen() {
  if (path_ == "-") return;
  int other = open_log(path_);
  {
    const std::lock_guard lock{mutex_};
    std::swap(descriptor_, other);
  }
  ::close(other);
}

}  // namespace serve
