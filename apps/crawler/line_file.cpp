#include "line_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace crawler {

line_file::line_file(const std::string& name) : name_(name) {
  if (name_.empty()) return;
  if (is_stdout()) {
    descriptor_ = STDOUT_FILENO;
    return;
  }
  struct stat s {};
  const bool exists = ::stat(name_.c_str(), &s) == 0;
  if (exists && !S_ISREG(s.st_mode)) {
    descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail("open");
    return;
  }
  if (exists && ::access(name_.c_str(), W_OK) != 0) fail("open");
  target_ = name_;
  if (char* const real = exists ? ::realpath(name_.c_str(), nullptr) : nullptr) {
    target_ = real;  // a symbolic link stays one
    std::free(real);
  }
  temporary_ = target_ + ".XXXXXX";
  descriptor_ = ::mkostemp(temporary_.data(), O_CLOEXEC);
  if (descriptor_ < 0) {
    temporary_.clear();
    fail("create");
  }
  const auto mask = ::umask(0);
  ::umask(mask);
  ::fchmod(descriptor_, exists ? s.st_mode & 07777U : 0666U & ~mask);
}

line_file::~line_file() {
  if (descriptor_ < 0 || is_stdout()) return;
  ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void line_file::fail(const char* what) const {
  throw std::system_error(errno, std::generic_category(),
                          std::string{"cannot "} + what + ' ' + (is_stdout() ? "stdout" : name_));
}

void line_file::write(std::string_view line) {
  constexpr std::size_t enough = 64 * 1024;
  constexpr std::chrono::milliseconds soon{100};
  buffer_.append(line).push_back('\n');
  if (buffer_.size() >= enough) return flush();
  if (!temporary_.empty()) return;
  if (const auto now = std::chrono::steady_clock::now(); now - flushed_ >= soon) {
    flushed_ = now;
    flush();
  }
}

void line_file::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const auto n = ::write(descriptor_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR && !interrupted_) {
      interrupted_ = true;  // nobody reads: the loop has to see the signal first
      buffer_.erase(0, buffer_.size() - rest.size());
      return;
    }
    if (n < 0) {
      const int error = errno;
      buffer_.clear();
      failed_ = true;
      errno = error;
      fail("write");
    }
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  buffer_.clear();
}

void line_file::finish() {
  if (!wanted() || failed_) return;
  flush();
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("rename to");
  temporary_.clear();
}

}  // namespace crawler
