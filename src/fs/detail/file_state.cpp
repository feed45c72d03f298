#include "fs/detail/file_state.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/uncancellable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <limits>
#include <string>

#include "fs/detail/perform.hpp"

namespace bight::fs::detail {

using bight::detail::unique_fd;
using boost::system::system_error;

namespace {

// Larger ones cannot be cancelled in reasonable time.
constexpr std::size_t largest_operation = 8U << 20U;

// Offsets are signed for the kernel, and -1 means "where the file stands" to io_uring. Returns how many bytes
// of a file there can be from there on.
std::uint64_t room_from(const file_state& f, const char* operation, std::uint64_t offset) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (offset > most) fail(EFBIG, operation, f.path);
  return most - offset;
}

int injected_error(const service& s) { return s.faults.error ? s.faults.error() : 0; }

awaitable<std::size_t> transfer(file_ptr f, const char* name, file_request what) {
  if (f->append && what.what == file_request::kind::write) what.offset = 0;  // any will do
  const auto room = room_from(*f, name, what.offset);
  if (what.size > room) {  // a read finds the end there
    if (what.what == file_request::kind::write) fail(EFBIG, name, f->path);
    what.size = room;
  }
  what.fd = f->fd.get();
  what.size = std::min({what.size, largest_operation, f->home->faults.largest});
  while (true) {
    const long n = co_await perform(*f->home, name, what);
    if (n == 0 && what.what == file_request::kind::write && what.size != 0) fail(EIO, name, f->path);
    if (n >= 0) co_return static_cast<std::size_t>(n);
    if (!must_repeat(n)) fail(static_cast<int>(-n), name, f->path);
  }
}

}  // namespace

void fail(int error, const char* operation, const std::filesystem::path& path) {
  throw system_error(boost::system::error_code{error, boost::system::system_category()},
                     std::string{operation} + " '" + path.string() + '\'');
}

file_ptr open_state(const file& f, const char* operation) {
  if (!f.is_open()) fail(EBADF, operation, f.path());
  return file_access::state(f);
}

void require_home(const file_state& f, const char* operation) {
  if (f.home->loop() && f.home->loop() == bight::detail::this_loop) return;
  throw system_error(make_error_code(errc::wrong_loop), std::string{"bight: "} + operation + " '" +
                                                            f.path.string() + "' was opened on another loop");
}

in_use::in_use(const file_ptr& f, const char* operation) : file_(f) {
  if (!f || f->closing) fail(EBADF, operation, f ? f->path : std::filesystem::path{});
  require_home(*f, operation);
  ++f->in_flight;
}

in_use::~in_use() {
  if (--file_->in_flight == 0 && file_->closing) file_->idle.set();
}

awaitable<unique_fd> end_use(file_ptr f) {
  require_home(*f, "close");
  f->closing = true;
  const auto all_done = [&] { return f->idle.wait(); };
  if (f->in_flight != 0) co_await uncancellable(all_done);
  co_return std::move(f->fd);
}

int close_now(unique_fd& fd) noexcept { return ::close(fd.release()) == 0 || errno == EINTR ? 0 : errno; }

// A turn of the loop has a budget of 256 awaits: so it holds 64 calls, or 4 MiB.
void charge(bight::detail::loop_core& loop, std::size_t bytes, int awaits) noexcept {
  constexpr std::size_t bytes_per_unit = 16U << 10U;
  loop.budget = std::max(0, loop.budget - awaits - static_cast<int>(bytes / bytes_per_unit));
}

long read_cached(const service& home, int fd, std::uint64_t offset, std::span<std::byte> buffer) {
  const iovec where{buffer.data(), std::min({buffer.size(), largest_inline, home.faults.largest,
                                             home.faults.largest_in_place})};
  while (true) {
    const int injected = injected_error(home);
    const auto n = injected != 0 ? -1 : ::preadv2(fd, &where, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    if (n == 0 && !home.ends_in_place) return -EAGAIN;
    if (n >= 0) return n;
    const int error = injected != 0 ? injected : errno;
    if (error != EINTR) return -error;
  }
}

namespace {

// A file that is not in memory is tried now and then only: that costs as much as a third of the read.
bool worth_trying(file_state& f) noexcept {
  constexpr unsigned cold = 8;
  constexpr unsigned seldom = 8;
  return f.cold_reads < cold || ++f.untried_reads % seldom == 0;
}

}  // namespace

std::optional<std::size_t> read_now(file_state& f, std::uint64_t offset, std::span<std::byte> buffer) {
  if (!f.reads_in_place || !f.home->inline_reads || buffer.empty() || !worth_trying(f)) return std::nullopt;
  const auto room = room_from(f, "read", offset);
  const auto there = buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), room)));
  const auto n = read_cached(*f.home, f.fd.get(), offset, there);
  if (n >= 0) {
    f.cold_reads = 0;
    charge(*f.home->loop(), static_cast<std::size_t>(n));
    return static_cast<std::size_t>(n);
  }
  if (n == -EAGAIN)
    ++f.cold_reads;
  else if (n == -EOPNOTSUPP || n == -ENOSYS || n == -EINVAL)
    f.reads_in_place = false;
  else
    fail(static_cast<int>(-n), "read", f.path);
  return std::nullopt;
}

awaitable<std::size_t> read_some(file_ptr f, std::uint64_t offset, std::span<std::byte> buffer) {
  const file_request what{
      .what = file_request::kind::read, .data = buffer.data(), .size = buffer.size(), .offset = offset};
  return transfer(std::move(f), "read", what);
}

awaitable<std::size_t> read_piece(file_ptr f, std::uint64_t offset, std::span<std::byte> buffer) {
  if (const auto now = read_now(*f, offset, buffer)) co_return *now;
  co_return co_await read_some(std::move(f), offset, buffer);
}

awaitable<std::size_t> write_some(file_ptr f, std::uint64_t offset, std::span<const std::byte> data) {
  const file_request what{.what = file_request::kind::write,
                          .data = const_cast<std::byte*>(data.data()),  // only read by a write
                          .size = data.size(),
                          .offset = offset};
  return transfer(std::move(f), "write", what);
}

}  // namespace bight::fs::detail
