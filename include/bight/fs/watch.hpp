// watch: changes of files and directories.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace bight::fs {

/// A kind of change, relative to the previous batch.
enum class change_kind : std::uint8_t {
  added,     ///< Created, or a file was moved there, possibly replacing another.
  modified,  ///< Content or attributes; also removed and created again.
  removed,   ///< A directory: with its contents, some of which may be reported as well.
  rescan,  ///< The path and everything below must be read again. For the path of the watch: events were lost.
           ///< For another: the contents of the directory are unknown, such as after it was replaced.
};

struct change {
  change_kind kind = change_kind::modified;
  std::filesystem::path path;  ///< Begins with the path passed to the watch.
  friend bool operator==(const change&, const change&) = default;
};

/// Selects the changes of a batch. Called on the loop's thread, once per path and batch; not for `rescan`.
using watch_filter = std::function<bool(const change&)>;

/// Trivially copyable.
struct watch_options {
  /// Watch subdirectories of any depth, including new ones.
  bool recursive = true;
  /// A batch ends when there have been no changes for so long ...
  clock::duration settle_delay = std::chrono::milliseconds{50};
  /// ... and at the latest so long after its first change.
  clock::duration max_delay = std::chrono::milliseconds{1600};
  /// The maximum number of paths in a batch; more are reported as `rescan`.
  std::size_t max_pending = 100'000;
  /// The maximum number of directories; each uses one of the system's fs.inotify.max_user_watches.
  std::size_t max_directories = 100'000;
  /// The maximum depth of directories; 1: no subdirectories below those of the root. At most 1000.
  unsigned max_depth = 100;
  /// Skip unreadable directories instead of failing.
  bool skip_denied = false;
};

/// Watches a file, or a directory tree, for changes (watchfiles.awatch).
///
///     bight::fs::watch sources{"src"};
///     auto changes = co_await sources.next();
///     while (changes) {
///       co_await build(*changes);
///       changes = co_await sources.next();
///     }
///
/// The system queues events between calls of `next`, up to fs.inotify.max_queued_events; lost events are
/// reported as one `rescan`, after which the watch is complete again.
///
/// Changes of a path within a batch are merged: created and written is `added`; created and removed is not
/// reported. Paths are sorted. A new directory, created or renamed, is `added` with everything found in it; a
/// renamed one is `removed` under its old name. A file that was moved over another is `added`, since not all
/// names are remembered; if it is the root itself, `modified`. Applying all batches in order, and reading
/// again what `rescan` reports, yields the current state. To that end, events that were pending when `next`
/// was called after a `rescan`, or after a batch ended by `max_delay`, report rather too much: a new
/// directory is a `rescan`, and what was created and removed, or moved in and removed, is `removed`. Read
/// again with `walk`, which finds all that stays; a std::filesystem::recursive_directory_iterator stops at
/// the first directory that disappears meanwhile.
///
/// Symbolic links below the root are treated as files and not followed. A directory that is reachable twice
/// (bind mount) is reported at one place. If the root is a file, its directory is watched for its name, so
/// the file may be replaced, or removed and created again; if it is a symbolic link to a file, the file that
/// it referred to at the start is watched. Changes by other machines on a network file system, and writes
/// through memory mappings, are not seen.
///
/// The end: when the root directory (for a file: its directory) is removed or renamed, `removed` is reported,
/// and then nothing more. A rename of a parent directory is noticed when the next directory is created.
///
/// Directories are read on a thread; no thread waits. Memory: per directory, not per file. Concurrency: one
/// call at a time, otherwise std::logic_error; on the loop of the first call.
class watch {
 public:
  /// Errors: std::invalid_argument for a max_depth of 0 or above 1000.
  explicit watch(std::filesystem::path path, const watch_options& options = {}, watch_filter filter = {});
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;
  ~watch();

  /// Starts watching: later changes are reported. Without it, the first `next` starts. Cancellation: the next
  /// call continues. Errors: system_error that names the path and, if applicable, the limit: ENOSPC
  /// (fs.inotify.max_user_watches, fs.epoll.max_user_watches), EMFILE (fs.inotify.max_user_instances, or open
  /// files), errc::limit_exceeded (max_directories, max_depth). The next call tries again.
  [[nodiscard]] awaitable<void> start();

  /// The changes since the last call, waiting for some; never empty; nullopt at the end. Cancellation: no
  /// change is lost, and the next call continues. Errors: before it has started, those of `start`; later the
  /// same for new directories: the watch continues, but the contents of the directory in the message may not
  /// be watched. Exceptions of the filter: no change is lost.
  [[nodiscard]] awaitable<std::optional<std::vector<change>>> next();

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace bight::fs
