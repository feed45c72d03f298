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

/// What happened to a path between two batches.
enum class change_kind : std::uint8_t {
  added,     ///< It is there, and was not; or a file was moved there, perhaps over another.
  modified,  ///< Content or attributes; also: removed, and there again.
  removed,   ///< For a directory: with everything in it, of which a part may be told as well.
  rescan,    ///< Look again at the path and everything below. The path of the watch: more happened than could
           ///< be kept. Another: what is in that directory is not what it was, as when it was moved away and
           ///< there is another one in its place.
};

struct change {
  change_kind kind = change_kind::modified;
  std::filesystem::path path;  ///< Begins with the path of the watch as it was given.
  friend bool operator==(const change&, const change&) = default;
};

/// Decides what a batch contains. Called on the loop's thread, for each path once per batch; not for
/// `rescan`.
using watch_filter = std::function<bool(const change&)>;

/// Trivially copyable.
struct watch_options {
  /// Also what is below the directories in it, however deep, also of those that come later.
  bool recursive = true;
  /// A batch ends when nothing has happened for so long...
  clock::duration step = std::chrono::milliseconds{50};
  /// ... and at the latest so long after its first change.
  clock::duration debounce = std::chrono::milliseconds{1600};
  /// How many paths a batch may have; more make it a `rescan`.
  std::size_t max_pending = 100'000;
  /// How many directories are watched; each takes one of the system's fs.inotify.max_user_watches.
  std::size_t max_directories = 100'000;
  /// How deep directories may be; 1: those of the root itself hold none. At most 1000.
  unsigned max_depth = 100;
  /// Passes over directories that may not be read, instead of failing at them.
  bool skip_denied = false;
};

/// Waits for changes of a file, or of a directory and all below it (watchfiles.awatch).
///
///     bight::fs::watch sources{"src"};
///     auto changes = co_await sources.next();
///     while (changes) {
///       co_await build(*changes);
///       changes = co_await sources.next();
///     }
///
/// What happens while nobody waits in `next` is kept by the system, up to fs.inotify.max_queued_events; what
/// is lost beyond that is told as one `rescan`, after which the watch is complete again.
///
/// Within a batch the changes of one path are merged: what was made and written is `added`; what was made and
/// removed is not mentioned. The paths are sorted. A directory that comes, by mkdir or by a rename, is
/// `added` with everything that is found in it; one that was renamed is `removed` under its old name. A file
/// that was moved over another is `added`, for nobody remembers all names; if it is the root itself:
/// `modified`. Whoever applies all batches in turn, and looks again where that is asked for, knows in the end
/// what there is. To that end the events that were waiting when `next` was called after a `rescan`, or after
/// a batch that `debounce` cut off, tell rather too much: a new directory is a `rescan`, what came and went
/// is `removed`. So is what came by a rename and went. To look again is to find all that stays: `walk` does
/// so, a std::filesystem::recursive_directory_iterator ends at the first directory that vanishes meanwhile.
///
/// Symbolic links below the root are files: they are not followed. A directory that is there twice (a bind
/// mount) is told at one of its places. If the root is a file, its directory is watched for its name, so that
/// it may be replaced, or removed and made again; a root that is a link to a file is the file that it led to
/// at the beginning. What other machines do to a network file system is not seen, nor what is written through
/// a memory mapping.
///
/// The end: a root directory (of a file: its directory) that is removed or renamed is told as `removed`, and
/// then nothing comes any more. When a directory above it is renamed, that is noticed with the next directory
/// that is made.
///
/// Directories are read on a thread, and no thread waits. Memory: for each directory, not for each file.
/// Concurrency: one call at a time, otherwise std::logic_error; on the loop of the first call.
class watch {
 public:
  /// Errors: std::invalid_argument for a max_depth of 0 or above 1000.
  explicit watch(std::filesystem::path path, const watch_options& options = {}, watch_filter filter = {});
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;
  ~watch();

  /// Begins: what happens after it returned is told. Without it the first `next` begins. Cancellation: the
  /// next call goes on. Errors: system_error that names path and, where it is one, the limit: also ENOSPC
  /// (fs.inotify.max_user_watches, fs.epoll.max_user_watches), EMFILE (fs.inotify.max_user_instances, or open
  /// files) and errc::limit_exceeded (max_directories, max_depth). The next call tries again.
  [[nodiscard]] awaitable<void> start();

  /// The changes since the last call, waiting for some; never an empty batch; nothing at the end.
  /// Cancellation: nothing is lost, the next call goes on. Errors: before it has begun those of `start`;
  /// later the same for directories that come: the watch goes on, but what is below the directory that the
  /// text names may not be watched. What the filter throws: nothing is lost.
  [[nodiscard]] awaitable<std::optional<std::vector<change>>> next();

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace bight::fs
