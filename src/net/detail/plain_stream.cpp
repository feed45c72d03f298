#include "net/detail/plain_stream.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <bight/core/detail/held_signal.hpp>
#include <bight/net/error.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <climits>

#include <bight/net/detail/paged_file.hpp>
#include "net/detail/convert.hpp"

namespace bight::net::detail {
namespace {

using boost::system::error_code;
using boost::system::system_category;
using boost::system::system_error;

constexpr std::size_t little = 16U << 10U;

// Several pieces in one system call, as many as the kernel takes.
ssize_t send_several(int socket, const const_buffers& data) noexcept {
  constexpr std::size_t most = IOV_MAX;
  std::array<iovec, most> parts;  // NOLINT(cppcoreguidelines-pro-type-member-init): 16 KiB to be left alone
  std::size_t count = 0;
  const auto add = [&](std::span<const std::byte> p) {
    if (!p.empty()) parts[count++] = {const_cast<std::byte*>(p.data()), p.size()};
  };
  add(data.front());
  for (const auto& p : data.rest()) {
    if (count == most) break;
    add(p);
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// One system call, which consumes what was sent. Returns 0, or errno.
int send_some(int socket, const_buffers& data, bool& progress) noexcept {
  // The kernel copies no message header for a single piece: 0.1 us less.
  const auto n = data.rest().empty()
                     ? ::send(socket, data.front().data(), data.front().size(), MSG_NOSIGNAL | MSG_DONTWAIT)
                     : send_several(socket, data);
  if (n < 0) return errno;
  progress = progress || n > 0;
  data.consume(static_cast<std::size_t>(n));
  return 0;
}

// The operations refer to the state alone: another task may destroy the stream while they wait, or before
// they begin.
using state_ptr = boost::intrusive_ptr<socket_state>;

void require_usable(const socket_state& s) {
  if (!s.is_open()) throw system_error(make_error_code(errc::stream_closed));
  if (s.broken) throw system_error(make_error_code(errc::stream_broken));
}

// A second writer would get its bytes between those of the first.
void require_nobody_writes(const socket_state& s) {
  if (s.writing && s.writing->pending) throw std::logic_error("bight: two tasks at a time in stream::write");
}

// The stream was closed by another task while this one waited.
void require_still_open(const socket_state& s, const char* what) {
  if (!s.is_open()) throw system_error(boost::asio::error::operation_aborted, what);
}

awaitable<std::size_t> read_from(state_ptr state, std::span<std::byte> buffer) {
  auto& s = *state;
  if (!s.is_open()) throw system_error(make_error_code(errc::stream_closed));
  if (s.ended) co_return 0;
  if (s.lost != 0) throw system_error(error_code{s.lost, system_category()}, "read");
  auto start = [&](auto h) { s.reading.start(*s.socket, buffer, std::move(h)); };
  auto cancel = [&] {
    error_code ignored;
    s.socket->cancel(ignored);
  };
  while (true) {
    io_operation op{"stream::read", s, s.reading, start, cancel};
    const auto outcome = co_await op;
    if (!outcome.error) co_return outcome.size;
    if (outcome.error == boost::asio::error::eof) {
      s.ended = true;
      co_return 0;
    }
    if (outcome.must_restart() && s.is_open()) continue;
    const bool of_the_connection = outcome.error.category() == system_category() &&
                                   outcome.error != boost::asio::error::operation_aborted;
    if (of_the_connection) s.lost = outcome.error.value();
    throw system_error(outcome.error, "read");
  }
}

awaitable<void> wait_for_room(state_ptr state) {
  auto& s = *state;
  if (!s.writing) s.writing = std::make_unique<io_side>();
  auto start = [&](io_handler h) { s.socket->async_wait(stream_socket::wait_write, std::move(h)); };
  auto cancel = [&] {
    error_code ignored;
    s.socket->cancel(ignored);
  };
  while (true) {
    io_operation op{"stream::write", s, *s.writing, start, cancel};
    const auto outcome = co_await op;
    require_still_open(s, "write");
    if (!outcome.error) co_return;
    if (!outcome.must_restart()) throw system_error(outcome.error, "write");
  }
}

// The kernel's buffer usually has room, so a write is one system call and no operation at all.
awaitable<void> write_to(state_ptr state, const_buffers rest) {
  auto& s = *state;
  require_usable(s);
  require_nobody_writes(s);
  bool progress = false;
  while (!rest.empty()) {
    const int error = send_some(s.socket->native_handle(), rest, progress);
    if (error == 0 || error == EINTR) continue;
    if (error != EAGAIN && error != EWOULDBLOCK) {
      s.broken = true;
      throw system_error(error_code{error, system_category()}, "write");
    }
    try {
      co_await wait_for_room(state);
    } catch (...) {
      s.broken = s.broken || progress;
      throw;
    }
  }
}

// sendfile has no MSG_NOSIGNAL: that the peer has gone must be an error, not the end of the process.
ssize_t send_without_signal(int socket, int file, off_t position, std::size_t count) {
  bight::detail::held_signal guard{SIGPIPE};
  const auto n = ::sendfile(socket, file, &position, count);
  if (n < 0 || static_cast<std::size_t>(n) < count)
    guard.swallow();  // it comes with a part that was sent, too
  return n;
}

// For a little file a copy is the cheapest way, and shows that it is in memory. Returns how much was sent: 0
// also if that would wait.
std::uint64_t send_little(int socket, paged_file& source, std::uint64_t offset, std::uint64_t count) {
  if (count == 0 || count > little) return 0;
  std::array<std::byte, little> buffer;
  const auto here = source.read_now(offset, std::span{buffer}.first(count));
  if (!here || *here == 0) return 0;
  const auto n = ::send(socket, buffer.data(), *here, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n >= 0) return static_cast<std::uint64_t>(n);
  if (errno != EAGAIN && errno != EINTR)
    throw system_error(error_code{errno, system_category()}, "send_file");
  return 0;
}

// Finds out what of a file is in memory, piece by piece, and remembers it from one call to the next: a server
// sends a file by many.
class piece_finder {
 public:
  piece_finder(paged_file& source, known_piece& known, int file, std::uint64_t offset,
               std::uint64_t count) noexcept
      : source_(&source), known_(&known), end_(offset + count) {
    // Another file may have got the number, but it would begin at its beginning.
    if (known.file != file || known.next != offset || offset == 0) known = {.file = file, .end = offset};
  }

  /// How much of it from `position` on is known to be in memory; 0: `bring` it first.
  std::uint64_t at(std::uint64_t position) {
    if (known_->end <= position) known_->end = position + look(position);
    return std::min(known_->end, end_) - position;
  }
  awaitable<void> bring(std::uint64_t position) {
    const auto size = size_at(position);
    known_->end = position + size;
    return source_->bring(position, size, std::clamp(end_ - position, piece, read_ahead));
  }

 private:
  static constexpr std::uint64_t piece = 512U << 10U;
  static constexpr std::uint64_t read_ahead = 2U << 20U;
  std::uint64_t size_at(std::uint64_t position) const noexcept { return std::min(piece, end_ - position); }
  // What comes after this call is looked for too, if there is more of the file.
  std::uint64_t look(std::uint64_t position) {
    const auto size = size_at(position);
    if (size < piece && size >= little && !known_->near_end) {
      if (source_->is_here(position, piece)) return piece;
      known_->near_end = true;
    }
    return source_->is_here(position, size) ? size : 0;
  }

  paged_file* source_;
  known_piece* known_;
  std::uint64_t end_;
};

awaitable<std::uint64_t> send_file_to(state_ptr state, int file, std::uint64_t offset, std::uint64_t count) {
  constexpr std::uint64_t at_once = 1U << 20U;  // between two of these, other tasks may run
  auto& s = *state;
  require_usable(s);
  require_nobody_writes(s);
  paged_file source{file};
  std::uint64_t sent = send_little(s.socket->native_handle(), source, offset, count);
  std::uint64_t in_turn = 0;
  piece_finder pieces{source, s.known, file, offset, count};
  try {
    while (sent != count) {
      const auto position = offset + sent;
      const auto part = pieces.at(position);
      if (part == 0) {
        co_await pieces.bring(position);
        require_still_open(s, "send_file");
        continue;
      }
      const auto n = send_without_signal(s.socket->native_handle(), file, static_cast<off_t>(position), part);
      if (n == 0) break;  // the file is shorter than it was
      if (n > 0) {
        sent += static_cast<std::uint64_t>(n);
        in_turn += static_cast<std::uint64_t>(n);
        if (static_cast<std::uint64_t>(n) != part || in_turn < at_once || sent == count) continue;
      } else if (errno == EINTR) {
        continue;
      } else if (errno != EAGAIN) {
        throw system_error(error_code{errno, system_category()}, "send_file");
      }
      in_turn = 0;
      co_await wait_for_room(state);
    }
  } catch (...) {
    s.broken = s.broken || sent != 0;
    throw;
  }
  s.known.next = offset + sent;
  co_return sent;
}

awaitable<void> finish_writing(state_ptr state) {
  require_usable(*state);
  error_code ec;
  state->socket->shutdown(stream_socket::shutdown_send, ec);
  if (ec && ec != boost::asio::error::not_connected) throw system_error(ec, "shutdown");
  co_return;
}

awaitable<void> close_now(state_ptr state) {
  state->close();
  co_return;
}

}  // namespace

void socket_state::close() noexcept {
  if (!is_open()) return;
  error_code ignored;
  socket->close(ignored);
}

void keep_from_children(int descriptor) noexcept { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

plain_stream::plain_stream(stream_socket socket) : state_(new socket_state(std::move(socket))) {
  error_code ignored;  // a peer that has gone already is found out by the first read
  keep_from_children(state_->socket->native_handle());
  state_->socket->native_non_blocking(true, ignored);
  state_->socket->set_option(boost::asio::ip::tcp::no_delay{true}, ignored);  // Unix domain sockets have none
}

plain_stream::~plain_stream() { plain_stream::abort(); }

awaitable<std::size_t> plain_stream::read_some(std::span<std::byte> buffer) {
  return read_from(state_, buffer);
}

std::optional<std::size_t> plain_stream::try_read(std::span<std::byte> buffer) {
  auto& s = *state_;
  if (!s.is_open()) throw system_error(make_error_code(errc::stream_closed));
  if (s.reading.pending) throw std::logic_error("bight: stream::try_read while a task reads");
  if (s.lost != 0) throw system_error(error_code{s.lost, system_category()}, "read");
  while (true) {
    const auto n = ::recv(s.socket->native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    s.ended = s.ended || (n == 0 && !buffer.empty());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      s.reading.found_empty();
      return std::nullopt;
    }
    if (errno == EINTR) continue;
    s.lost = errno;
    throw system_error(error_code{s.lost, system_category()}, "read");
  }
}

awaitable<void> plain_stream::write(const_buffers data) { return write_to(state_, data); }

std::size_t plain_stream::try_write(const_buffers data) {
  auto& s = *state_;
  require_usable(s);
  require_nobody_writes(s);
  const auto all = data.size();
  while (!data.empty()) {
    bool progress = false;
    const int error = send_some(s.socket->native_handle(), data, progress);
    if (error == 0 || error == EINTR) continue;
    if (error == EAGAIN || error == EWOULDBLOCK) break;
    s.broken = true;
    throw system_error(error_code{error, system_category()}, "write");
  }
  return all - data.size();
}

awaitable<std::uint64_t> plain_stream::send_file(int file, std::uint64_t offset, std::uint64_t count) {
  return send_file_to(state_, file, offset, count);
}
awaitable<void> plain_stream::shutdown_write() { return finish_writing(state_); }
awaitable<void> plain_stream::close() { return close_now(state_); }
void plain_stream::abort() noexcept { state_->close(); }

bool plain_stream::readable() noexcept {
  if (!state_->is_open()) return true;
  char byte;
  const auto n = ::recv(state_->socket->native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n >= 0) return true;
  if (errno == EAGAIN || errno == EWOULDBLOCK) state_->reading.found_empty();
  return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
}

endpoint plain_stream::local_endpoint() const {
  if (!state_->is_open()) return {};
  error_code ec;
  const auto e = state_->socket->local_endpoint(ec);
  return ec ? endpoint{} : from_asio(e);
}

endpoint plain_stream::remote_endpoint() const {
  if (!state_->is_open()) return {};
  error_code ec;
  const auto e = state_->socket->remote_endpoint(ec);
  return ec ? endpoint{} : from_asio(e);
}

int plain_stream::native_handle() const noexcept {
  return state_->is_open() ? state_->socket->native_handle() : -1;
}

}  // namespace bight::net::detail
