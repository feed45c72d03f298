// anonymous_file: an unnamed file, which can be given a name.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/fs/file.hpp>
#include <filesystem>

namespace bight::fs {

/// Trivially copyable.
struct publish_options {
  /// If false, an existing file is an error (EEXIST).
  bool replace = true;
  /// Syncs the file and its directory, so that after a power failure either the old or the new file exists.
  bool sync = true;
};

/// An unnamed file, open for reading and writing (Python's TemporaryFile). The system removes it when it is
/// closed, even if the process is killed.
///
///     auto scratch = co_await bight::fs::make_anonymous_file();
///     co_await scratch->write_at(0, text);
///     co_await scratch.publish("report.txt");  // or not
///
/// Lifetime: the destructor closes it.
class anonymous_file {
 public:
  file& operator*() noexcept { return file_; }
  file* operator->() noexcept { return &file_; }

  /// Gives it the name `to` atomically and closes it. As with write_file_atomically, a partial file is never
  /// visible, an existing file is replaced and passes on its mode and owner, and symbolic links are followed.
  /// Within the file system in which it was created no data is moved; otherwise, and if the file system lacks
  /// O_TMPFILE, it is copied. Writes in flight may be missing. Replacing a file takes two steps: a process
  /// that is killed between them leaves `.NAME.XXXXXXXXXX.tmp`, a complete file (ten random characters after
  /// the beginning of a long NAME). Cancellation and errors: `to` is unchanged, and this file remains open; a
  /// cancellation after the naming has no effect. Errors: system_error that names `to`; EBADF once it is
  /// closed. If syncing the directory fails, the file exists anyway.
  [[nodiscard]] awaitable<void> publish(std::filesystem::path to, publish_options options = {});

 private:
  friend awaitable<anonymous_file> make_anonymous_file(std::filesystem::path in, unsigned permissions);
  anonymous_file(file f, bool can_be_named) noexcept : file_(std::move(f)), can_be_named_(can_be_named) {}
  file file_;
  bool can_be_named_;  // without a copy
};

/// Creates an unnamed file in the file system of the directory `in`; if empty, TMPDIR or /tmp. To publish it,
/// use the target directory. `permissions`: minus the umask, for publishing it as a new file; until then only
/// this process (and its debuggers) can access it. Errors: system_error that names the directory.
/// Cancellation: leaves nothing behind.
[[nodiscard]] awaitable<anonymous_file> make_anonymous_file(std::filesystem::path in = {},
                                                            unsigned permissions = 0666);

}  // namespace bight::fs
