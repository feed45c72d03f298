// The state of an open file, and its reads and writes.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/core/event.hpp>
#include <bight/fs/file.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "fs/detail/service.hpp"

namespace bight::fs::detail {

struct file_state {
  std::shared_ptr<service> home;
  bight::detail::unique_fd fd;
  std::filesystem::path path;
  bool append = false;
  bool closing = false;
  /// The file system has reads that do not wait.
  bool reads_in_place = true;
  /// Reads in a row that would have waited; those since then that were not tried in place.
  unsigned cold_reads = 0;
  unsigned untried_reads = 0;
  /// Opened to read only, on such a file system: nobody has to be waited for to close it.
  bool closes_in_place = false;
  unsigned in_flight = 0;
  event idle;  ///< Nothing is in flight, once it is closing.
};
using file_ptr = std::shared_ptr<file_state>;

struct file_access {
  static file make(file_ptr state) noexcept { return file{std::move(state)}; }
  static const file_ptr& state(const file& f) noexcept { return f.state_; }
};

/// Throws system_error: "read '/a/b': Input/output error".
[[noreturn]] void fail(int error, const char* operation, const std::filesystem::path& path);

/// What readers and writers share. Errors: EBADF if it is closed.
file_ptr open_state(const file& f, const char* operation);

/// Errors: errc::wrong_loop if this is not the loop that opened it.
void require_home(const file_state& f, const char* operation);

/// Counts as an operation in flight while it lives. Errors: EBADF if the file is closed; errc::wrong_loop.
class in_use {
 public:
  in_use(const file_ptr& f, const char* operation);
  in_use(const in_use&) = delete;
  in_use& operator=(const in_use&) = delete;
  ~in_use();

 private:
  file_ptr file_;
};

/// Ends the use of an open file: operations that begin fail from here on, those in flight are awaited,
/// cancelled or not. Returns the descriptor, to be closed.
awaitable<bight::detail::unique_fd> end_use(file_ptr f);

/// Returns 0 or errno.
int close_now(bight::detail::unique_fd& fd) noexcept;

/// No more than this is moved in place at a time.
inline constexpr std::size_t largest_inline = 256U << 10U;

/// Takes what was done in place off the budget of this turn of the loop: bytes, and calls that cost as much
/// as so many awaits.
void charge(bight::detail::loop_core& loop, std::size_t bytes, int awaits = 3) noexcept;

/// Reads what is there without waiting, at most 256 KiB: a number of bytes, 0 at the end, or -errno: -EAGAIN
/// if it would wait. Precondition: the range is one that files can have.
long read_cached(const service& home, int fd, std::uint64_t offset, std::span<std::byte> buffer);

/// The same, of a file that is in use; nothing if it would wait.
std::optional<std::size_t> read_now(file_state& f, std::uint64_t offset, std::span<std::byte> buffer);

/// Reads at least a byte, 0 at the end. Precondition: in use. Cancellation: nothing was read.
awaitable<std::size_t> read_some(file_ptr f, std::uint64_t offset, std::span<std::byte> buffer);
/// The first of them that can.
awaitable<std::size_t> read_piece(file_ptr f, std::uint64_t offset, std::span<std::byte> buffer);
/// Writes at least a byte of data that is not empty. Precondition: in use. Cancellation: nothing was written.
awaitable<std::size_t> write_some(file_ptr f, std::uint64_t offset, std::span<const std::byte> data);

}  // namespace bight::fs::detail
