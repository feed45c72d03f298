#include "line_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace crawler {
namespace {

constexpr std::size_t buffer = 256U << 10U;  // holds more than one burst of lines

[[noreturn]] void fail_open(const std::string& name) {
  throw std::system_error(errno, std::generic_category(), "cannot open " + name);
}

}  // namespace

line_file::line_file(const std::string& name) : name_(name) {
  struct stat s {};
  if (!wanted() || is_stdout() || ::stat(name_.c_str(), &s) != 0) return;
  if (!S_ISREG(s.st_mode)) descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CLOEXEC);
  const bool usable = S_ISREG(s.st_mode) ? ::access(name_.c_str(), W_OK) == 0 : descriptor_ >= 0;
  if (!usable) fail_open(name_);
}

line_file::~line_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bight::awaitable<void> line_file::open() {
  if (!wanted()) co_return;
  if (is_stdout() || descriptor_ >= 0) {
    stream_.emplace(is_stdout() ? STDOUT_FILENO : descriptor_, is_stdout() ? "stdout" : name_,
                    bight::fs::output_options{.flush = bight::fs::flushing::soon, .buffer = buffer});
    co_return;
  }
  // Surviving a power cut is not worth the fsync.
  const bight::fs::atomic_options options{.sync = false};
  auto made = co_await bight::fs::open_atomically(name_, options);
  file_.emplace(std::move(made));
  writer_.emplace(**file_, bight::fs::writer_options{.buffer = buffer});
}

bight::awaitable<void> line_file::write(std::string_view line) {
  lines_.append(line).push_back('\n');
  return pass_on();
}

// Writes all queued lines at once, on behalf of every waiter.
bight::awaitable<void> line_file::pass_on() {
  const auto held = co_await passing_.acquire();
  if (lines_.empty()) co_return;
  passed_.clear();
  passed_.swap(lines_);
  try {
    if (writer_)
      co_await writer_->write(passed_);
    else
      co_await stream_->write(passed_);
  } catch (const bight::cancelled_error&) {
    lines_.insert(0, passed_);  // none of it was written
    throw;
  } catch (...) {
    failed_ = true;
    throw;
  }
}

bight::awaitable<void> line_file::finish() {
  if (!wanted() || failed_) co_return;
  co_await pass_on();
  if (stream_) co_return co_await stream_->flush();
  co_await writer_->flush();
  co_await file_->commit();
}

}  // namespace crawler
