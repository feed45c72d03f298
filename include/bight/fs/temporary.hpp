// temporary_file, temporary_directory: gone when they are not needed any more.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/fs/file.hpp>
#include <filesystem>
#include <memory>
#include <string_view>

namespace bight::fs {

namespace detail {
class temporary_path;
struct temporary_access;
}  // namespace detail

/// What a temporary name is like: prefix, ten random characters, suffix. Trivially copyable. Lifetime: the
/// views are copied by the call that they are given to.
///
///     const bight::fs::temporary_options sheet{.prefix = "report-", .suffix = ".csv"};
///     auto scratch = co_await bight::fs::make_temporary_file(folder, sheet);
struct temporary_options {
  std::string_view prefix = "bight-";
  std::string_view suffix = {};
};

/// A file with a name of its own, open to read and write, for its owner only (mode 0600).
///
///     auto scratch = co_await bight::fs::make_temporary_file();
///     co_await scratch->write_at(0, text);
///     co_await bight::run_process(bight::command("sort", scratch.path().string()));
///
/// Lifetime: the destructor removes it, in place and without errors; so does a cancellation on the way. Only
/// a process that is killed leaves it.
class temporary_file {
 public:
  temporary_file(temporary_file&&) noexcept;
  temporary_file& operator=(temporary_file&&) noexcept;
  ~temporary_file();

  file& operator*() noexcept { return file_; }
  file* operator->() noexcept { return &file_; }
  /// Absolute.
  const std::filesystem::path& path() const noexcept { return file_.path(); }

  /// Leaves it there: it is an ordinary file from now on. Returns its path.
  std::filesystem::path keep() noexcept;
  /// Closes and removes it, off the loop. Nothing if it was kept or removed. Cancellation: it is removed all
  /// the same. Errors: system_error that names the path: what `file::close` reports, when it is removed, or
  /// why it could not be. That it is gone already is none.
  [[nodiscard]] awaitable<void> remove();

 private:
  friend struct detail::temporary_access;
  temporary_file(file f, std::unique_ptr<detail::temporary_path> name) noexcept;
  std::unique_ptr<detail::temporary_path> name_;
  file file_;
};

/// A directory with a name of its own, for its owner only (mode 0700).
///
/// Lifetime: the destructor removes it with all that is in it, in place and without errors. Where that may be
/// much, or errors matter: `remove`.
class temporary_directory {
 public:
  temporary_directory(temporary_directory&&) noexcept;
  temporary_directory& operator=(temporary_directory&&) noexcept;
  ~temporary_directory();

  /// Absolute; empty once it was kept or removed.
  const std::filesystem::path& path() const noexcept;
  /// Leaves it there. Returns its path.
  std::filesystem::path keep() noexcept;
  /// Removes it with all that is in it, off the loop. Nothing if it was kept. Cancellation: it is removed all
  /// the same. Errors: system_error that names the path.
  [[nodiscard]] awaitable<void> remove();

 private:
  friend struct detail::temporary_access;
  explicit temporary_directory(std::unique_ptr<detail::temporary_path> name) noexcept;
  std::unique_ptr<detail::temporary_path> name_;
};

/// Makes a temporary file in the directory `in`; empty: TMPDIR, or else /tmp. Errors: system_error that names
/// that directory; EINVAL for a slash or a zero byte in prefix or suffix, which names that. Cancellation:
/// nothing is left.
[[nodiscard]] awaitable<temporary_file> make_temporary_file(std::filesystem::path in = {},
                                                            temporary_options options = {});
/// Makes a temporary directory, likewise.
[[nodiscard]] awaitable<temporary_directory> make_temporary_directory(std::filesystem::path in = {},
                                                                      temporary_options options = {});

}  // namespace bight::fs
