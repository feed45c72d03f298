// file, open: a file whose operations never block the loop.
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

/// How a file is opened. Trivially copyable. Always close-on-exec. Something of `read`, `write` and `append`
/// is needed. Python's "w+" and "a+" are
///
///     const bight::fs::open_options both{.read = true, .write = true, .create = true, .truncate = true};
///     const bight::fs::open_options journal{.read = true, .append = true, .create = true};
struct open_options {
  bool read = false;
  bool write = false;
  /// Every write goes to the end, wherever that is by then; offsets of writes mean nothing. Implies `write`.
  bool append = false;
  /// Makes the file if it is not there. Needs `write` or `append`, as the next two do.
  bool create = false;
  /// Makes the file; it is an error (EEXIST) if it is there.
  bool create_new = false;
  /// Drops what the file has.
  bool truncate = false;
  /// Of a file that is made, less the umask of the process.
  unsigned permissions = 0666;
};

inline constexpr open_options reading{.read = true};                                     ///< Python's "r".
inline constexpr open_options writing{.write = true, .create = true, .truncate = true};  ///< "w"
inline constexpr open_options appending{.write = true, .append = true, .create = true};  ///< "a"
inline constexpr open_options creating{.write = true, .create_new = true};               ///< "x"
inline constexpr open_options updating{.read = true, .write = true};                     ///< "r+"

/// Who else may hold a lock of a file.
enum class lock_kind : std::uint8_t {
  exclusive,  ///< Nobody.
  shared,     ///< Those who hold a shared one.
};

/// An open file.
///
///     auto f = co_await bight::fs::open("data.bin");
///     std::array<std::byte, 4096> page;
///     auto n = co_await f.read_at(0, page);
///
/// What the page cache holds is read in place, without a thread and without a suspension, up to about 64
/// operations or 4 MiB before others get their turn. All else is done by io_uring or by threads: see
/// backend.hpp. Any number of operations may be in flight at the same time; writes that overlap are ordered
/// by nobody. For streams: reader, writer, lines.
///
/// Concurrency: the loop that opened it; elsewhere errc::wrong_loop. Lifetime: operations in flight keep the
/// file open. The destructor closes it at once, in place, and cannot report errors; `close` can. Buffers must
/// stay where they are until the operation has ended.
/// Cancellation, of all operations: an operation that has not begun never does. One that has is asked to stop
/// and awaited to its end: no buffer is touched after that. Reads and threads that are busy cannot be stopped
/// half-way: the wait is as long as the storage takes. What was done all the same is the result, and the
/// cancellation strikes at the next await that waits.
/// When its loop is destroyed with operations in flight, that blocks until they have ended.
/// Errors: system_error that names operation and path; EBADF after `close`; EFBIG for offsets of 2^63 and
/// more, and for a file that grows beyond what file system and RLIMIT_FSIZE allow (without SIGXFSZ).
class file {
 public:
  file(file&&) noexcept;
  file& operator=(file&&) noexcept;
  ~file();

  /// Fills `buffer` from `offset` on, in bytes. Returns how much there was: less than asked for at the end
  /// only, wherever that is by then. Cancellation: what was read so far is in `buffer`, how much that is is
  /// lost.
  [[nodiscard]] awaitable<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> buffer) const;

  /// Writes all of `data` at `offset`, in bytes. It is in the page cache then: see sync_data.
  /// Cancellation and errors: a part from the beginning may have been written.
  [[nodiscard]] awaitable<void> write_at(std::uint64_t offset, std::span<const std::byte> data);
  [[nodiscard]] awaitable<void> write_at(std::uint64_t offset, std::string_view data);

  /// In bytes.
  [[nodiscard]] awaitable<std::uint64_t> size() const;
  /// Cuts the file off, or extends it with zeros, to `size` bytes.
  [[nodiscard]] awaitable<void> truncate(std::uint64_t size);

  /// Waits until the data, and what is needed to read it again, is on the storage (fdatasync).
  [[nodiscard]] awaitable<void> sync_data();
  /// ... and all that is known about the file, like its times (fsync). For a new file, the directory needs
  /// the same: write_file_atomically does it.
  [[nodiscard]] awaitable<void> sync_all();

  /// Waits for an advisory lock on the whole file (flock): among processes, and among opened files of one.
  /// Asks after 1 ms, then after twice as long each time, at most 50 ms: who comes first is not promised.
  /// A lock that the file holds already is changed to `kind`, and may be lost while that waits. Ends with
  /// `unlock`, or when the file is closed. Cancellation: the file does not hold the lock.
  [[nodiscard]] awaitable<void> lock(lock_kind kind = lock_kind::exclusive);
  /// Returns false if somebody else holds it.
  [[nodiscard]] awaitable<bool> try_lock(lock_kind kind = lock_kind::exclusive);
  [[nodiscard]] awaitable<void> unlock();

  /// Closes the file when what is in flight has ended; nothing new begins from here on. Some file systems
  /// report lost writes only now. Nothing if it is closed already. Cancellation: it is closed all the same,
  /// and an error may be lost.
  [[nodiscard]] awaitable<void> close();
  /// False once `close` was called, and for what was moved from.
  bool is_open() const noexcept;

  /// The descriptor, -1 if it is closed. Leave O_NONBLOCK alone, and do not close it.
  int native_handle() const noexcept;
  /// As it was given to `open`.
  const std::filesystem::path& path() const noexcept;

 private:
  friend struct detail::file_access;
  explicit file(std::shared_ptr<detail::file_state> state) noexcept;
  std::shared_ptr<detail::file_state> state_;
};

/// Opens a file. `options`: reading, writing, appending, creating, updating, or your own. What is opened to
/// read only, and known to the system's caches, is opened and closed in place; see read_file for what is not.
/// A lease on the file (fcntl(2), F_SETLEASE) is waited for, on a thread.
/// Cancellation: see above; a file that was opened all the same is the result, or closed.
/// Errors: EISDIR for a directory, ESPIPE for a FIFO or socket; std::invalid_argument for options with none
/// of `read`, `write` and `append`, and for `create`, `create_new` or `truncate` without `write` or `append`;
/// errc::wrong_loop without a running loop.
[[nodiscard]] awaitable<file> open(std::filesystem::path path, open_options options = reading);

}  // namespace bight::fs
