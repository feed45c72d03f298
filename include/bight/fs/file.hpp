// file, open: files whose operations do not block the loop.
#pragma once
#include <bight/core/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace bight::fs {

namespace detail {
struct file_state;
struct file_access;
}  // namespace detail

/// How to open a file. Trivially copyable. Files are always close-on-exec. At least one of `read`, `write`
/// and `append` is required. Python's "w+" and "a+" are
///
///     const bight::fs::open_options both{.read = true, .write = true, .create = true, .truncate = true};
///     const bight::fs::open_options journal{.read = true, .append = true, .create = true};
struct open_options {
  bool read = false;
  bool write = false;
  /// Every write goes to the current end of file; offsets are ignored. Implies `write`.
  bool append = false;
  /// Creates the file if it does not exist. Requires `write` or `append`, as do the next two.
  bool create = false;
  /// Creates the file; an existing file is an error (EEXIST).
  bool create_new = false;
  /// Truncates the file to size 0.
  bool truncate = false;
  /// The permissions of a new file, minus the umask.
  unsigned permissions = 0666;
};

inline constexpr open_options reading{.read = true};                                     ///< Python's "r".
inline constexpr open_options writing{.write = true, .create = true, .truncate = true};  ///< "w"
inline constexpr open_options appending{.write = true, .append = true, .create = true};  ///< "a"
inline constexpr open_options creating{.write = true, .create_new = true};               ///< "x"
inline constexpr open_options updating{.read = true, .write = true};                     ///< "r+"

/// The kind of a file lock.
enum class lock_kind : std::uint8_t {
  exclusive,  ///< No other lock can be held.
  shared,     ///< Other shared locks can be held.
};

/// An open file.
///
///     auto f = co_await bight::fs::open("data.bin");
///     std::array<std::byte, 4096> page;
///     auto n = co_await f.read_at(0, page);
///
/// Cached data is read in place, without a thread or a suspension, for up to about 64 operations or 4 MiB
/// before other tasks run. Everything else is done by io_uring or threads: see backend.hpp. Any number of
/// operations may be in flight; overlapping writes are not ordered. For sequential access, see reader, writer
/// and lines.
///
/// Concurrency: the loop that opened it; elsewhere errc::wrong_loop. Lifetime: operations in flight keep the
/// file open. The destructor closes it synchronously and cannot report errors; `close` can. Buffers must stay
/// valid until the operation has completed. Cancellation of all operations: an operation that has not started
/// is not performed. Otherwise it is requested to stop and awaited, so that no buffer is accessed afterwards;
/// reads and busy threads cannot be interrupted. If the operation completed anyway, its result is
/// returned, and the cancellation is delivered at the next await that waits. Destroying the loop blocks until
/// operations in flight have completed. Errors: system_error that names operation and path; EBADF after
/// `close`; EFBIG for offsets of 2^63 or more, and for files that exceed the limits of the file system or
/// RLIMIT_FSIZE (without SIGXFSZ).
class file {
 public:
  file(file&&) noexcept;
  file& operator=(file&&) noexcept;
  ~file();

  /// Reads into `buffer` from `offset`, in bytes. Returns the number of bytes, less than requested only at
  /// the end of file. Cancellation: the data read so far is in `buffer`, but the byte count is not reported.
  [[nodiscard]] awaitable<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> buffer) const;

  /// Writes all of `data` at `offset`, in bytes, to the page cache; see sync_data. Cancellation and errors: a
  /// first part of the data may have been written.
  [[nodiscard]] awaitable<void> write_at(std::uint64_t offset, std::span<const std::byte> data);
  [[nodiscard]] awaitable<void> write_at(std::uint64_t offset, std::string_view data);

  /// The size in bytes.
  [[nodiscard]] awaitable<std::uint64_t> size() const;
  /// Truncates the file, or extends it with zeros, to `size` bytes.
  [[nodiscard]] awaitable<void> truncate(std::uint64_t size);

  /// Writes the data, and the metadata needed to read it, to storage (fdatasync).
  [[nodiscard]] awaitable<void> sync_data();
  /// Same including all metadata (fsync). A new file also requires syncing its directory, as
  /// write_file_atomically does.
  [[nodiscard]] awaitable<void> sync_all();

  /// Acquires an advisory lock on the whole file (flock), between processes and between open files of one
  /// process. Polls after 1 ms, then with doubling delays up to 50 ms; not FIFO. A lock that is already held
  /// is converted to `kind`, and may be lost during the wait. Released by `unlock` or by closing the file.
  /// Cancellation: the lock is not held.
  [[nodiscard]] awaitable<void> lock(lock_kind kind = lock_kind::exclusive);
  /// Returns false if the lock is held elsewhere.
  [[nodiscard]] awaitable<bool> try_lock(lock_kind kind = lock_kind::exclusive);
  [[nodiscard]] awaitable<void> unlock();

  /// Closes the file once the operations in flight have completed; new ones fail immediately. Some file
  /// systems report write errors only now. Idempotent. Cancellation: the file is closed anyway, and an
  /// error may be lost.
  [[nodiscard]] awaitable<void> close();
  /// False after `close`, and for a moved-from file.
  bool is_open() const noexcept;

  /// The descriptor; -1 if it is closed. Do not change O_NONBLOCK, and do not close it.
  int native_handle() const noexcept;
  /// The path passed to `open`.
  const std::filesystem::path& path() const noexcept;

 private:
  friend struct detail::file_access;
  explicit file(std::shared_ptr<detail::file_state> state) noexcept;
  std::shared_ptr<detail::file_state> state_;
};

/// Opens a file. `options`: reading, writing, appending, creating, updating, or your own. Read-only files
/// whose path is cached are opened and closed in place; for others, see read_file. A lease on the file
/// (fcntl(2), F_SETLEASE) is awaited on a thread. Cancellation: see above; a file that was opened all the
/// same is returned or closed. Errors: EISDIR for a directory, ESPIPE for a FIFO or socket;
/// std::invalid_argument for options without `read`, `write` and `append`, and for `create`, `create_new` or
/// `truncate` without `write` or `append`; errc::wrong_loop without a running loop.
[[nodiscard]] awaitable<file> open(std::filesystem::path path, open_options options = reading);

}  // namespace bight::fs
