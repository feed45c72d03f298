// directory: a folder that is held open, and the files beneath it.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/fs/detail/quick_awaiter.hpp>
#include <bight/fs/file.hpp>
#include <bight/fs/metadata.hpp>
#include <boost/system/error_code.hpp>
#include <filesystem>
#include <memory>
#include <string>

namespace bight::fs {

namespace detail {
class directory_state;
struct found_access;
}  // namespace detail

/// Trivially copyable.
struct find_options {
  /// Follows symbolic links that stay beneath the directory: relative ones, which never lead out of it on the
  /// way.
  bool symlinks = true;
};

/// What `directory::find` came to. Move-only.
class found {
 public:
  /// Nothing, for this reason.
  explicit found(boost::system::error_code reason = {}) noexcept : error_(reason) {}

  /// Why there is nothing: a code of the system, as of openat2(2).
  const boost::system::error_code& error() const noexcept { return error_; }
  /// Precondition: no error.
  const metadata& about() const noexcept { return about_; }

  /// Of a regular file: hands its descriptor over, open to read, for you to close. O_NONBLOCK is set, which
  /// means nothing to read(2) and sendfile(2). -1 if there is none, or not any more.
  int release() noexcept { return fd_.release(); }
  /// Of a regular file: the same as a file. Precondition: it is the first time. Errors: errc::wrong_loop.
  file take_file();

 private:
  friend struct detail::found_access;

  boost::system::error_code error_;
  metadata about_;
  bight::detail::unique_fd fd_;
  std::shared_ptr<const detail::directory_state> in_;
  std::string path_;  // in it, for errors
};

/// A folder that is held open. For servers: whoever names a file beneath it cannot get at anything else.
///
///     const bight::fs::directory root{"/srv/www"};
///     auto it = co_await root.find("css/site.css");
///     if (it.error()) co_return;
///     auto f = it.take_file();
///     co_await client.send_file(f.native_handle(), 0, it.about().size);
///
/// Renamed or replaced, it stays the folder that it was. Concurrency: any loop and any number of tasks.
class directory {
 public:
  /// Opens it in place. Errors: system_error that names the path.
  explicit directory(const std::filesystem::path& path);
  directory(directory&&) noexcept;
  directory& operator=(directory&&) noexcept;
  ~directory();

  /// As it was given.
  const std::filesystem::path& path() const noexcept;

  /// Opens what `path` leads to, to read, if it is a regular file, and tells what it is. Relative to the
  /// directory, empty for that itself; the kernel resolves it beneath (openat2, RESOLVE_BENEATH): "..", links
  /// and renames on the way never lead out. Where that call is missing or forbidden (ENOSYS, EPERM), the path
  /// is walked component by component, with the same results. Nothing else is opened to be used: a FIFO is
  /// not waited for. Once a file was found on it, a local file system is not waited for: what the kernel
  /// knows already costs two system calls and no suspension (Linux 5.12). Everything else is a thread's way
  /// there and back: file systems of networks, what is mounted beneath, errors but ENOENT. That nothing is
  /// found is no exception: see `found::error`, as in EXDEV for what would lead out. Cancellation: what was
  /// opened all the same is the result, or closed. Lifetime: `path` stays where it is until then. Errors:
  /// errc::wrong_loop.
  auto find(const std::string& path, find_options options = {}) const noexcept {
    return detail::quick_operation<step>{step{this, &path, options}};
  }

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
