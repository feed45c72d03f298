// anonymous_file: a file without a name, which may get one.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/fs/file.hpp>
#include <filesystem>

namespace bight::fs {

/// Trivially copyable.
struct publish_options {
  /// False: it is an error (EEXIST) if the file is there.
  bool replace = true;
  /// Waits until data and name are on the storage, so that a power cut leaves the old file or the new one.
  bool sync = true;
};

/// A file without a name, open to read and write (Python's TemporaryFile). The system removes it when it is
/// closed, even for a process that is killed: nothing is ever left.
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

  /// Makes it the file `to`, complete and at once, and closes it: as with write_file_atomically nobody ever
  /// sees a part, a file that it replaces hands on its mode and owner, and a symbolic link is followed.
  /// In the file system where it was made that moves no byte; elsewhere, and where the file system has no
  /// files without names (O_TMPFILE), it is a copy. Writes that are in flight may be missing.
  /// Replacing takes two steps, since a link replaces nothing: a process that is killed between them leaves
  /// `.NAME.XXXXXXXXXX.tmp`, complete: ten random characters after the beginning of a long NAME.
  /// Cancellation and errors: `to` is as it was, and this one open as before; a cancellation that comes after
  /// the naming finds it done. Errors: system_error that names `to`; EBADF once it is closed. If the folder
  /// cannot be synced the file is there all the same.
  [[nodiscard]] awaitable<void> publish(std::filesystem::path to, publish_options options = {});

 private:
  friend awaitable<anonymous_file> make_anonymous_file(std::filesystem::path in, unsigned permissions);
  anonymous_file(file f, bool can_be_named) noexcept : file_(std::move(f)), can_be_named_(can_be_named) {}
  file file_;
  bool can_be_named_;  // without a copy
};

/// Makes a file without a name in the file system of the directory `in`; empty: TMPDIR, or else /tmp. For one
/// that is to be published, take the folder that it will be in. `permissions`: less the umask; of the file
/// that it becomes if it replaces none. Until then only this process, and who may debug it, can reach it.
/// Errors: system_error that names that directory. Cancellation: nothing is left.
[[nodiscard]] awaitable<anonymous_file> make_anonymous_file(std::filesystem::path in = {},
                                                            unsigned permissions = 0666);

}  // namespace bight::fs
