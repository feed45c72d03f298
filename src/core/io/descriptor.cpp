#include "core/io/descriptor.hpp"

#include <unistd.h>

#include <bight/core/detail/held_signal.hpp>
#include <bight/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>

#include "core/scheduler/loop_impl.hpp"

namespace bight::detail {
namespace {

using boost::system::error_code;
using boost::system::system_category;
using boost::system::system_error;

[[noreturn]] void fail(int error, const char* name) {
  throw system_error(error_code{error, system_category()}, name);
}

bool must_wait(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

awaitable<void> wait_until_ready(descriptor_ptr keep, io_side& side, stream_descriptor::wait_type what,
                                 const char* name) {
  auto& s = *keep;
  auto start = [&](io_handler h) { s.stream->async_wait(what, std::move(h)); };
  auto cancel = [&] {
    error_code ignored;
    s.stream->cancel(ignored);
  };
  while (true) {
    io_operation op{name, s, side, start, cancel};
    const auto outcome = co_await op;
    if (!s.is_open()) fail(ECANCELED, name);
    if (!outcome.error) co_return;
    if (!outcome.must_restart()) throw system_error(outcome.error, name);
  }
}

}  // namespace

stream_descriptor on_this_loop(unique_fd fd) {
  auto& io = static_cast<loop_impl&>(require_loop()).io();
  stream_descriptor made{io.get_executor(), fd.get()};
  fd.release();
  return made;
}

descriptor_state::descriptor_state(unique_fd fd) : stream(on_this_loop(std::move(fd))) {
  stream->native_non_blocking(true);
}

void descriptor_state::close() noexcept {
  if (!is_open()) return;
  error_code ignored;
  stream->close(ignored);
}

awaitable<std::size_t> read_from(descriptor_ptr from, std::span<std::byte> buffer, const char* name) {
  auto& s = *from;
  while (true) {
    if (!s.is_open()) fail(EBADF, name);
    const auto n = ::read(s.stream->native_handle(), buffer.data(), buffer.size());
    if (n >= 0) co_return static_cast<std::size_t>(n);
    if (must_wait(errno))
      co_await wait_until_ready(from, s.reading, stream_descriptor::wait_read, name);
    else if (errno != EINTR)
      fail(errno, name);
  }
}

awaitable<void> wait_until_readable(descriptor_ptr from, const char* name) {
  auto& side = from->reading;
  return wait_until_ready(std::move(from), side, stream_descriptor::wait_read, name);
}

awaitable<void> write_to(descriptor_ptr to, std::span<const std::byte> data, const char* name) {
  auto& s = *to;
  if (s.writing.pending) throw std::logic_error(std::string{"bight: concurrent use by two tasks: "} + name);
  const std::size_t all = data.size();
  while (!data.empty()) {
    if (!s.is_open()) fail(EBADF, name);
    if (s.half_written) throw system_error(make_error_code(errc::half_written), name);
    ssize_t n = 0;
    {
      held_signal guard{SIGPIPE};
      n = ::write(s.stream->native_handle(), data.data(), data.size());
      if (n < 0 && errno == EPIPE) guard.swallow();
    }
    if (n >= 0) {
      data = data.subspan(static_cast<std::size_t>(n));
    } else if (must_wait(errno)) {
      s.half_written = data.size() != all;
      co_await wait_until_ready(to, s.writing, stream_descriptor::wait_write, name);
      s.half_written = false;
    } else if (errno != EINTR) {
      fail(errno, name);
    }
  }
}

}  // namespace bight::detail
