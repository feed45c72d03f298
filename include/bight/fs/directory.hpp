// directory: an open directory and the files beneath it.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/fs/detail/quick_awaiter.hpp>
#include <bight/fs/file.hpp>
#include <bight/fs/metadata.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace bight::fs {

namespace detail {
class directory_state;
struct found_access;
}  // namespace detail

/// Trivially copyable.
struct find_options {
  /// Follow symbolic links that stay beneath the directory: relative links that never leave it.
  bool symlinks = true;
};

/// The result of `directory::find`. Move-only.
class found {
 public:
  /// An error.
  explicit found(boost::system::error_code reason = {}) noexcept : error_(reason) {}

  /// The error, a system error code as of openat2(2).
  const boost::system::error_code& error() const noexcept { return error_; }
  /// Precondition: no error.
  const metadata& about() const noexcept { return about_; }

  /// For a regular file: releases its descriptor, which is open for reading, to be closed by the caller.
  /// O_NONBLOCK is set, which has no effect on read(2) and sendfile(2). -1 if there is none or it has been
  /// taken.
  int release() noexcept { return fd_.release(); }
  /// For a regular file: returns it as a file. Precondition: not taken before. Errors: errc::wrong_loop.
  file take_file();

 private:
  friend struct detail::found_access;

  boost::system::error_code error_;
  metadata about_;
  bight::detail::unique_fd fd_;
  std::shared_ptr<const detail::directory_state> in_;
  std::string path_;  // relative to in_, for errors
};

/// An entry of `directory::list`.
struct listed_entry {
  std::string name;
  metadata about;  ///< Of what a symbolic link leads to.
};

/// The result of `directory::list`.
struct directory_list {
  std::vector<listed_entry> entries;  ///< In no order.
  bool complete = true;               ///< False if there are more.
};

/// An open directory. For servers: a request cannot access anything outside it.
///
///     const bight::fs::directory root{"/srv/www"};
///     auto it = co_await root.find("css/site.css");
///     if (it.error()) co_return;
///     auto f = it.take_file();
///     co_await client.send_file(f.native_handle(), 0, it.about().size);
///
/// Refers to the same directory even if that is renamed or replaced. Concurrency: any loop and any number of
/// tasks.
class directory {
 public:
  /// Opens the directory synchronously. Errors: system_error that names the path.
  explicit directory(const std::filesystem::path& path);
  directory(directory&&) noexcept;
  directory& operator=(directory&&) noexcept;
  ~directory();

  /// The path passed to the constructor.
  const std::filesystem::path& path() const noexcept;

  /// Looks up `path`, relative to the directory (empty: the directory itself), returns its metadata, and
  /// opens it for reading if it is a regular file; nothing else is opened, so a FIFO does not block. The
  /// kernel resolves the path beneath the directory (openat2, RESOLVE_BENEATH): "..", links and concurrent
  /// renames cannot escape it. If openat2 is missing or forbidden (ENOSYS, EPERM), the path is resolved
  /// component by component, with the same results. Once a file has been found on a local file system, cached
  /// entries cost two system calls and no suspension (Linux 5.12); network file systems, mounts beneath the
  /// directory and errors other than ENOENT take a thread. A failed lookup does not throw: see
  /// `found::error`, such as EXDEV for paths that would escape. Cancellation: a file that was opened all the
  /// same is returned or closed. Lifetime: `path` must stay valid until completion. Errors: errc::wrong_loop.
  auto find(const std::string& path, find_options options = {}) const noexcept {
    return detail::quick_operation<step>{step{this, &path, options}};
  }

  /// Lists the regular files and directories in `path`, relative to the directory (empty: the directory
  /// itself), in at most `limit` entries. Left out are those that `find` would not find with the same
  /// options: links that would escape or lead nowhere. One call on a thread. Cancellation: awaits the thread.
  /// Errors: system_error that names the path, with the error codes of `find`.
  [[nodiscard]] awaitable<directory_list> list(std::string path, find_options options = {},
                                               std::size_t limit = 100'000) const;

 private:
  struct step {
    using result_type = found;
    const directory* in;
    const std::string* path;
    find_options options;
    bool now(found& result) { return in->find_now(*path, options, result); }
    awaitable<found> later() { return in->find_later(*path, options); }
  };
  bool find_now(const std::string& path, const find_options& options, found& result) const;
  awaitable<found> find_later(std::string path, find_options options) const;

  std::shared_ptr<const detail::directory_state> state_;
};

}  // namespace bight::fs
