#include "fs/detail/descriptor_io.hpp"

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <bight/core/detail/held_signal.hpp>
#include <bight/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <utility>

#include "fs/detail/blocking.hpp"
#include "fs/detail/file_state.hpp"

namespace bight::fs::detail {

using bight::detail::held_signal;
using bight::detail::unique_fd;
using boost::system::system_error;

namespace {

constexpr off_t where_it_stands = -1;
constexpr int first_free = 3;  // copies do not take the numbers of the standard streams

bool would_wait(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }
bool is_unknown(int error) noexcept {
  return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL || error == ESPIPE;
}

// Calls until no signal interrupts it. Returns the result or -errno.
template <class Call>
long persist(Call call) {
  while (true) {
    const long n = call();
    if (n >= 0) return n;
    if (errno != EINTR) return -errno;
  }
}

template <class Call>
long write_without_signal(Call call) {
  held_signal guard{SIGPIPE};
  const long n = persist(call);
  if (n == -EPIPE) guard.swallow();
  return n;
}

}  // namespace

descriptor_io::descriptor_io(int descriptor, std::string name, readiness::what direction)
    : home_(service::here()), name_(std::move(name)), direction_(direction) {
  const char* const operation = direction == readiness::what::reading ? "read" : "write";
  struct stat about {};
  if (::fstat(descriptor, &about) != 0) fail(errno, operation, name_);
  // What has no type is an epoll instance or the like: of this very loop, if it has the number of a stream
  // that was closed when the program began.
  if ((about.st_mode & S_IFMT) == 0) fail(EBADF, operation, name_);
  if (S_ISDIR(about.st_mode)) fail(EISDIR, operation, name_);
  const int opened_to = ::fcntl(descriptor, F_GETFL) & O_ACCMODE;
  if (opened_to == (direction == readiness::what::reading ? O_WRONLY : O_RDONLY))
    fail(EBADF, operation, name_);
  fd_ = unique_fd{::fcntl(descriptor, F_DUPFD_CLOEXEC, first_free)};
  if (!fd_) fail(errno, operation, name_);
  ready_ = readiness{fd_.get(), direction};
  terminal_ = ::isatty(fd_.get()) == 1;
  if (!ready_)
    way_ = way::file;
  else if (S_ISSOCK(about.st_mode))
    way_ = way::socket;
  else if (!home_->nowait_streams)
    next_way();
}

void descriptor_io::require_home() const {
  if (!home_->loop() || home_->loop() != bight::detail::this_loop)
    throw system_error(make_error_code(errc::wrong_loop),
                       "bight: '" + name_.string() + "' was opened on another loop");
}

void descriptor_io::next_way() {
  way_ = way_ == way::nowait && home_->reopened_streams && open_again() ? way::own : way::thread;
}

// Only what is the same when it is opened again: not the other side of a terminal, nor devices at large.
bool descriptor_io::open_again() {
  struct stat before {};
  unsigned number = 0;
  if (::fstat(fd_.get(), &before) != 0) return false;
  const bool same_again =
      S_ISFIFO(before.st_mode) || (terminal_ && ::ioctl(fd_.get(), TIOCGPTN, &number) != 0);
  if (!same_again) return false;
  const auto path = "/proc/self/fd/" + std::to_string(fd_.get());
  const int access = direction_ == readiness::what::reading ? O_RDONLY : O_WRONLY;
  unique_fd own{::open(path.c_str(), access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  struct stat after {};
  if (!own || ::fstat(own.get(), &after) != 0 || after.st_dev != before.st_dev ||
      after.st_ino != before.st_ino)
    return false;
  ready_ = readiness{own.get(), direction_};  // before the old one is closed
  fd_ = std::move(own);
  return true;
}

// ---- reading -----------------------------------------------------------------------------------

// One call that does not wait. Returns its result or -errno.
long descriptor_io::attempt_read(std::span<std::byte> buffer) {
  const int fd = fd_.get();
  const iovec where{buffer.data(), std::min(buffer.size(), largest_inline)};
  switch (way_) {
    case way::socket:
      return persist([&] { return ::recv(fd, where.iov_base, where.iov_len, MSG_DONTWAIT); });
    case way::own:
      return persist([&] { return ::read(fd, where.iov_base, where.iov_len); });
    case way::file:
      return attempt_file(where);
    case way::nowait:
      return persist([&] { return ::preadv2(fd, &where, 1, where_it_stands, RWF_NOWAIT); });
    case way::thread:
      break;
  }
  return -EAGAIN;
}

// The end is left to a thread: Linux 5.9 and 5.10 find one where there is more.
long descriptor_io::attempt_file(const iovec& where) const {
  if (!in_place_ || !home_->inline_reads) return -EAGAIN;
  const long n = persist([&] { return ::preadv2(fd_.get(), &where, 1, where_it_stands, RWF_NOWAIT); });
  return n == 0 && where.iov_len != 0 ? -EAGAIN : n;
}

std::optional<std::size_t> descriptor_io::read_now(std::span<std::byte> buffer) {
  while (true) {
    const long n = attempt_read(buffer);
    if (n >= 0) {
      charge(*home_->loop(), static_cast<std::size_t>(n));
      return static_cast<std::size_t>(n);
    }
    const int error = static_cast<int>(-n);
    if (would_wait(error)) return std::nullopt;
    if (way_ == way::file && is_unknown(error))
      in_place_ = false;
    else if (way_ == way::nowait && is_unknown(error))
      next_way();
    else
      fail(error, "read", name_);
  }
}

awaitable<std::size_t> descriptor_io::read(std::span<std::byte> buffer) {
  require_home();
  while (true) {
    if (const auto now = read_now(buffer)) co_return *now;
    if (ready_) co_await ready_.wait("input_stream::read_some");
    if (way_ == way::file || way_ == way::thread) co_return co_await read_on_thread(buffer);
  }
}

awaitable<std::size_t> descriptor_io::read_on_thread(std::span<std::byte> buffer) {
  const auto call = [&] { return read_from(fd_.get(), buffer, name_); };
  co_return co_await run_in_executor(threads(), call);
}

// ---- writing -----------------------------------------------------------------------------------

long descriptor_io::attempt_write(std::span<const std::byte> data) {
  const int fd = fd_.get();
  const iovec what{const_cast<std::byte*>(data.data()), data.size()};  // only read by a write
  switch (way_) {
    case way::socket:
      return persist([&] { return ::send(fd, what.iov_base, what.iov_len, MSG_DONTWAIT | MSG_NOSIGNAL); });
    case way::own:
      return write_without_signal([&] { return ::write(fd, what.iov_base, what.iov_len); });
    case way::nowait:
      return write_without_signal([&] { return ::pwritev2(fd, &what, 1, where_it_stands, RWF_NOWAIT); });
    case way::file:
    case way::thread:
      break;
  }
  return -EAGAIN;
}

std::optional<std::size_t> descriptor_io::write_now(std::span<const std::byte> data) {
  while (true) {
    const long n = attempt_write(data);
    if (n >= 0) {
      if (home_->loop()) charge(*home_->loop(), static_cast<std::size_t>(n));
      return static_cast<std::size_t>(n);
    }
    const int error = static_cast<int>(-n);
    if (would_wait(error)) return std::nullopt;
    if (way_ != way::nowait || !is_unknown(error)) fail(error, "write", name_);
    next_way();
  }
}

awaitable<std::size_t> descriptor_io::write(std::span<const std::byte> data) {
  require_home();
  while (true) {
    if (const auto now = write_now(data)) co_return *now;
    if (ready_) co_await ready_.wait("output_stream::write");
    if (way_ == way::file || way_ == way::thread) co_return co_await write_on_thread(data);
  }
}

awaitable<std::size_t> descriptor_io::write_on_thread(std::span<const std::byte> data) {
  const auto call = [&] { return write_blocking(data.first(std::min(data.size(), largest_write()))); };
  co_return co_await run_in_executor(threads(), call);
}

// What is ready takes this much at once, if nobody else is faster.
std::size_t descriptor_io::largest_write() const noexcept {
  return way_ == way::file ? blocking_piece : PIPE_BUF;
}

std::size_t descriptor_io::write_blocking(std::span<const std::byte> data) const {
  const long n = write_without_signal([&] { return ::write(fd_.get(), data.data(), data.size()); });
  if (n <= 0) fail(n == 0 ? EIO : static_cast<int>(-n), "write", name_);
  return static_cast<std::size_t>(n);
}

std::size_t descriptor_io::write_finally(std::span<const std::byte> data) noexcept {
  std::size_t done = 0;
  held_signal guard{SIGXFSZ};  // threads have none
  try {
    while (done != data.size()) {
      const auto rest = data.subspan(done);
      const auto n = is_file() ? write_blocking(rest) : write_now(rest).value_or(0);
      if (n == 0) break;
      done += n;
    }
  } catch (const system_error& e) {  // what is left tells
    if (e.code().value() == EFBIG) guard.swallow();
  }
  return done;
}

}  // namespace bight::fs::detail
