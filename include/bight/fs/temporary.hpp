// temporary_file, temporary_directory: removed by their destructors.
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

/// The form of a temporary name: prefix, ten random characters, suffix. Trivially copyable. Lifetime: the
/// views are copied by the call.
///
///     const bight::fs::temporary_options sheet{.prefix = "report-", .suffix = ".csv"};
///     auto scratch = co_await bight::fs::make_temporary_file(folder, sheet);
struct temporary_options {
  std::string_view prefix = "bight-";
  std::string_view suffix = {};
};

/// A file with a unique name, open for reading and writing, private to its owner (mode 0600).
///
///     auto scratch = co_await bight::fs::make_temporary_file();
///     co_await scratch->write_at(0, text);
///     co_await bight::run_process(bight::command("sort", scratch.path().string()));
///
/// Lifetime: the destructor removes it synchronously, ignoring errors. Only a killed process leaves it
/// behind.
class temporary_file {
 public:
  temporary_file(temporary_file&&) noexcept;
  temporary_file& operator=(temporary_file&&) noexcept;
  ~temporary_file();

  file& operator*() noexcept { return file_; }
  file* operator->() noexcept { return &file_; }
  /// An absolute path.
  const std::filesystem::path& path() const noexcept { return file_.path(); }

  /// Keeps the file. Returns its path.
  std::filesystem::path keep() noexcept;
  /// Closes and removes the file without blocking the loop. No effect if it has been kept or removed.
  /// Cancellation: it is removed anyway. Errors: system_error that names the path: of `file::close`, or
  /// of the removal; not if it no longer exists.
  [[nodiscard]] awaitable<void> remove();

 private:
  friend struct detail::temporary_access;
  temporary_file(file f, std::unique_ptr<detail::temporary_path> name) noexcept;
  std::unique_ptr<detail::temporary_path> name_;
  file file_;
};

/// A directory with a unique name, private to its owner (mode 0700).
///
/// Lifetime: the destructor removes it with its contents synchronously, ignoring errors. Use `remove` for
/// large directories, or to see errors.
class temporary_directory {
 public:
  temporary_directory(temporary_directory&&) noexcept;
  temporary_directory& operator=(temporary_directory&&) noexcept;
  ~temporary_directory();

  /// An absolute path; empty once it has been kept or removed.
  const std::filesystem::path& path() const noexcept;
  /// Keeps the directory. Returns its path.
  std::filesystem::path keep() noexcept;
  /// Removes the directory with its contents without blocking the loop. No effect if it has been kept.
  /// Cancellation: it is removed anyway. Errors: system_error that names the path.
  [[nodiscard]] awaitable<void> remove();

 private:
  friend struct detail::temporary_access;
  explicit temporary_directory(std::unique_ptr<detail::temporary_path> name) noexcept;
  std::unique_ptr<detail::temporary_path> name_;
};

/// Creates a temporary file in the directory `in`; if empty, in TMPDIR or /tmp. Errors: system_error that
/// names the directory; EINVAL, which names the option, if prefix or suffix contains a slash or a null byte.
/// Cancellation: leaves nothing behind.
[[nodiscard]] awaitable<temporary_file> make_temporary_file(std::filesystem::path in = {},
                                                            temporary_options options = {});
/// Same for a directory.
[[nodiscard]] awaitable<temporary_directory> make_temporary_directory(std::filesystem::path in = {},
                                                                      temporary_options options = {});

}  // namespace bight::fs
