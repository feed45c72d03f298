#include <bight/fs/file.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bight/core/sleep.hpp>
#include <cerrno>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "fs/detail/blocking.hpp"
#include "fs/detail/file_state.hpp"
#include "fs/detail/perform.hpp"

namespace bight::fs {

using detail::fail;
using detail::file_ptr;
using detail::file_request;
using detail::in_use;
using detail::known_folders;

namespace {

int flags_of(const open_options& o, const std::filesystem::path& path) {
  const bool write = o.write || o.append;
  const bool no_way = !o.read && !write;
  if (no_way || ((o.create || o.create_new || o.truncate) && !write))
    throw std::invalid_argument("bight: open '" + path.string() + "': " +
                                (no_way ? "neither to read nor to write" : "create and truncate need write"));
  int flags = o.read ? write ? O_RDWR : O_RDONLY : O_WRONLY;
  if (o.append) flags |= O_APPEND;
  if (o.create || o.create_new) flags |= O_CREAT;
  if (o.create_new) flags |= O_EXCL;
  if (o.truncate) flags |= O_TRUNC;
  return flags;
}

awaitable<void> sync(file_ptr f, const char* name, file_request what) {
  const in_use use{f, name};
  what.fd = f->fd.get();
  while (true) {
    const long n = co_await detail::perform(*f->home, name, what);
    if (n == 0) co_return;
    if (!detail::must_repeat(n)) fail(static_cast<int>(-n), name, f->path);
  }
}

// Makes a call on a thread until no signal interrupts it. Returns 0 or errno.
template <class Call>
awaitable<int> call_off_loop(Call call) {
  const auto job = [&] {
    while (call() != 0)
      if (errno != EINTR) return errno;
    return 0;
  };
  co_return co_await run_in_executor(detail::threads(), job);
}

awaitable<std::uint64_t> size_of(file_ptr f) {
  const in_use use{f, "size of"};
  struct stat about {};
  const auto call = [&] { return ::fstat(f->fd.get(), &about); };
  const int error = co_await call_off_loop(call);
  if (error != 0) fail(error, "size of", f->path);
  co_return static_cast<std::uint64_t>(about.st_size);
}

awaitable<void> truncate_to(file_ptr f, std::uint64_t size) {
  const in_use use{f, "truncate"};
  if (size > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) fail(EFBIG, "truncate", f->path);
  const auto call = [&] { return ::ftruncate(f->fd.get(), static_cast<off_t>(size)); };
  const int error = co_await call_off_loop(call);
  if (error != 0) fail(error, "truncate", f->path);
}

awaitable<bool> change_lock(file_ptr f, int operation, const char* name) {
  const in_use use{f, name};
  const auto call = [&] { return ::flock(f->fd.get(), operation | LOCK_NB); };
  const int error = co_await call_off_loop(call);
  if (error != 0 && error != EWOULDBLOCK) fail(error, name, f->path);
  co_return error == 0;
}

int operation_of(lock_kind kind) noexcept { return kind == lock_kind::shared ? LOCK_SH : LOCK_EX; }

awaitable<void> wait_for_lock(file_ptr f, int operation) {
  constexpr std::chrono::milliseconds longest{50};
  std::chrono::milliseconds pause{1};
  while (true) {
    const bool locked = co_await change_lock(f, operation, "lock");
    if (locked) co_return;
    co_await sleep(pause);
    pause = std::min(2 * pause, longest);
  }
}

awaitable<void> drop_lock(file_ptr f) {
  static_cast<void>(co_await change_lock(std::move(f), LOCK_UN, "unlock"));
}

awaitable<std::size_t> read_all_of(file_ptr f, std::uint64_t offset, std::span<std::byte> buffer) {
  const in_use use{f, "read"};
  std::size_t done = 0;
  while (done != buffer.size()) {
    const auto rest = buffer.subspan(done);
    std::size_t n = 0;
    if (const auto now = detail::read_now(*f, offset + done, rest))
      n = *now;
    else
      n = co_await detail::read_some(f, offset + done, rest);
    if (n == 0) break;
    done += n;
    if (f->home->loop()->budget <= 0 && done != buffer.size()) co_await yield();
  }
  co_return done;
}

awaitable<void> write_all_of(file_ptr f, std::uint64_t offset, std::span<const std::byte> data) {
  const in_use use{f, "write"};
  while (!data.empty()) {
    const auto n = co_await detail::write_some(f, offset, data);
    data = data.subspan(n);
    offset += n;
  }
}

// The last name gone, closing frees what the file has: that takes its time.
bool closes_at_once(const detail::file_state& f, int fd) noexcept {
  struct stat about {};
  return f.closes_in_place && ::fstat(fd, &about) == 0 && about.st_nlink != 0;
}

awaitable<void> close_file(file_ptr f) {
  if (!f || f->closing) co_return;
  auto ending = bight::detail::awaitable_access::in_any_case(detail::end_use(f));
  auto fd = co_await std::move(ending);
  int error = 0;
  if (closes_at_once(*f, fd.get())) {
    error = detail::close_now(fd);
  } else {
    // The call owns the descriptor: if it is never made, that is closed where it is dropped.
    const auto job = [owned = std::make_shared<bight::detail::unique_fd>(std::move(fd))] {
      return detail::close_now(*owned);
    };
    error = co_await run_in_executor(detail::threads(), job);
  }
  if (error != 0) fail(error, "close", f->path);
}

// True if it is open. Threads are needed for everything else.
bool open_now(detail::file_state& f, const std::filesystem::path& path) {
  constexpr int as_many_awaits = 10;
  auto& home = *f.home;
  if (!home.inline_reads) return false;
  struct stat about {};
  auto fd = home.folders.open_cached(path, about);
  // A ring gives up at what would wait on a file that must not.
  if (!fd || ::fcntl(fd.get(), F_SETFL, 0) != 0) return false;
  f.fd = std::move(fd);
  f.closes_in_place = true;
  detail::charge(*home.loop(), 0, as_many_awaits);
  return true;
}

awaitable<void> open_on_thread(detail::file_state& f, const std::filesystem::path& path, int flags,
                               unsigned permissions) {
  auto& folders = f.home->folders;
  const bool probe = flags == O_RDONLY && folders.of(path) == known_folders::speed::unknown;
  known_folders::probe_result probe_result;
  const auto job = [&] {
    struct stat about {};
    f.fd = detail::open_file(path, flags, permissions, about);
    if (probe) probe_result = known_folders::probe(path, f.fd.get(), about);
  };
  co_await run_in_executor(detail::threads(), job);
  folders.remember(path, probe_result);
  f.closes_in_place = probe_result.is == known_folders::speed::quick;
}

}  // namespace

file::file(std::shared_ptr<detail::file_state> state) noexcept : state_(std::move(state)) {}
file::file(file&&) noexcept = default;
file& file::operator=(file&&) noexcept = default;
file::~file() = default;

awaitable<std::size_t> file::read_at(std::uint64_t offset, std::span<std::byte> buffer) const {
  return read_all_of(state_, offset, buffer);
}
awaitable<void> file::write_at(std::uint64_t offset, std::span<const std::byte> data) {
  return write_all_of(state_, offset, data);
}
awaitable<void> file::write_at(std::uint64_t offset, std::string_view data) {
  return write_at(offset, std::as_bytes(std::span{data}));
}
awaitable<std::uint64_t> file::size() const { return size_of(state_); }
awaitable<void> file::truncate(std::uint64_t size) { return truncate_to(state_, size); }
awaitable<void> file::sync_data() { return sync(state_, "sync", {.what = file_request::kind::sync_data}); }
awaitable<void> file::sync_all() { return sync(state_, "sync", {.what = file_request::kind::sync_all}); }
awaitable<void> file::lock(lock_kind kind) { return wait_for_lock(state_, operation_of(kind)); }
awaitable<bool> file::try_lock(lock_kind kind) { return change_lock(state_, operation_of(kind), "lock"); }
awaitable<void> file::unlock() { return drop_lock(state_); }
// Begins even if a cancellation is due.
awaitable<void> file::close() { return bight::detail::awaitable_access::in_any_case(close_file(state_)); }
bool file::is_open() const noexcept { return state_ && !state_->closing; }
int file::native_handle() const noexcept { return is_open() ? state_->fd.get() : -1; }
const std::filesystem::path& file::path() const noexcept {
  static const std::filesystem::path none;
  return state_ ? state_->path : none;
}

awaitable<file> open(std::filesystem::path path, open_options options) {
  const int flags = flags_of(options, path);
  auto state = std::make_shared<detail::file_state>();
  state->home = detail::service::here();
  state->append = options.append;
  const bool opened = flags == O_RDONLY && open_now(*state, path);
  if (!opened) co_await open_on_thread(*state, path, flags, options.permissions);
  state->path = std::move(path);
  co_return detail::file_access::make(std::move(state));
}

}  // namespace bight::fs
