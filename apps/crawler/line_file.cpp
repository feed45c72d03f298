#include "line_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace crawler {
namespace {

constexpr std::size_t buffer = 256U << 10U;  // holds more than one burst of lines

[[noreturn]] void fail(const char* what, const std::string& name) {
  throw std::system_error(errno, std::generic_category(), what + name);
}

}  // namespace

line_file::line_file(const std::string& name) : name_(name) {
  if (!wanted() || is_stdout()) return;
  descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
  if (descriptor_ < 0) fail("cannot open ", name_);
}

line_file::~line_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void line_file::open() {
  if (!wanted()) return;
  struct stat s {};
  regular_ = !is_stdout() && ::fstat(descriptor_, &s) == 0 && S_ISREG(s.st_mode);
  if (regular_ && ::ftruncate(descriptor_, 0) != 0) fail("cannot empty ", name_);
  stream_.emplace(is_stdout() ? STDOUT_FILENO : descriptor_, is_stdout() ? "stdout" : name_,
                  bight::fs::output_options{.flush = bight::fs::flushing::soon, .buffer = buffer});
}

bight::awaitable<void> line_file::write(std::string_view line) {
  lines_.append(line).push_back('\n');
  return pass_on();
}

// Passes on all queued lines, on behalf of every waiter, as many at a time as the buffer accepts whole.
bight::awaitable<void> line_file::pass_on() {
  const auto held = co_await passing_.acquire();
  while (!lines_.empty()) {
    auto end = lines_.size();
    if (end > buffer) end = lines_.rfind('\n', buffer - 1) + 1;
    if (end == 0) end = lines_.find('\n') + 1;
    passed_.assign(lines_, 0, end);
    lines_.erase(0, end);
    try {
      co_await stream_->write(passed_);
    } catch (const bight::cancelled_error&) {
      lines_.insert(0, passed_);  // none of it was written
      throw;
    } catch (...) {
      failed_ = true;
      throw;
    }
  }
}

bight::awaitable<void> line_file::finish() {
  if (!wanted()) co_return;
  if (failed_) co_return cut_back();
  co_await pass_on();
  co_await stream_->flush();
}

// A full disk takes a part of a line.
void line_file::cut_back() noexcept {
  stream_.reset();
  const int in = regular_ ? ::open(name_.c_str(), O_RDONLY | O_CLOEXEC) : -1;
  if (in < 0) return;
  auto end = ::lseek(in, 0, SEEK_END);
  char c = 0;
  while (end > 0 && ::pread(in, &c, 1, end - 1) == 1 && c != '\n') --end;
  ::close(in);
  if (c == '\n' || end == 0) static_cast<void>(::ftruncate(descriptor_, end) == 0);
}

}  // namespace crawler
