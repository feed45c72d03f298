// walk, list_directory: the contents of directories.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/fs/detail/quick_awaiter.hpp>
#include <bight/fs/metadata.hpp>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace bight::fs {

/// A directory entry.
struct directory_entry {
  /// The path, beginning with the directory as passed to `walk`; from `glob`, as in the pattern, without the
  /// root.
  std::filesystem::path path;
  file_kind kind = file_kind::unknown;
  unsigned depth = 1;  ///< 1: directly in the directory.
};

/// Trivially copyable.
struct walk_options {
  /// The maximum depth; 1 lists one directory. Deeper entries are skipped (find -maxdepth). At least 1.
  unsigned max_depth = std::numeric_limits<unsigned>::max();
  /// The maximum nesting of directories, including the root; beyond it errc::limit_exceeded. 1 to 1000: each
  /// level uses a descriptor.
  unsigned max_open_directories = 100;
  /// Skip unreadable directories instead of failing.
  bool skip_denied = false;
};

/// Traverses a directory tree (os.walk).
///
///     bight::fs::walk all{"/var/log"};
///     auto entry = co_await all.next();
///     while (entry) {
///       if (entry->path.filename() == ".git") all.skip();
///       entry = co_await all.next();
///     }
///
/// A directory precedes its contents; apart from that the order is unspecified. Symbolic links are reported
/// but not followed, even if they replace directories meanwhile. A directory that contains itself (a bind
/// mount) is not entered. Entries that are created or removed meanwhile may be found or not. Reads up to 256
/// entries at a time, on a thread; most `next` calls do not suspend. Concurrency: one call at a time,
/// otherwise std::logic_error.
class walk {
 public:
  /// Errors: std::invalid_argument for a max_depth of 0, and a max_open_directories of 0 or above 1000.
  explicit walk(std::filesystem::path directory, walk_options options = {});
  walk(const walk&) = delete;
  walk& operator=(const walk&) = delete;
  ~walk();

  /// The next entry; nullopt at the end. Cancellation: no entry is lost. Errors: system_error that names the
  /// path of an unreadable directory, and errc::limit_exceeded for one that is nested too deeply; the next
  /// call continues without it.
  auto next() noexcept { return detail::quick_operation<step>{step{this}}; }

  /// Skips the contents of the directory that `next` returned last (os.walk's `dirs[:] = ...`), including
  /// errors there, even if they have been read already. No effect if the entry is not a directory, and the
  /// second time. Errors: std::logic_error if `next` has not returned an entry, or the end was reached.
  void skip();

 private:
  class impl;
  struct step {
    using result_type = std::optional<directory_entry>;
    walk* from;
    bool now(result_type& entry) { return from->take(entry); }
    awaitable<result_type> later() { return from->read_on(); }
  };
  bool take(std::optional<directory_entry>& entry);
  awaitable<std::optional<directory_entry>> read_on();

  std::shared_ptr<impl> impl_;
};

/// The entries of one directory (os.scandir), sorted by name, at most `limit`. Errors: errc::limit_exceeded,
/// which names limit and path; system_error that names the path.
[[nodiscard]] awaitable<std::vector<directory_entry>> list_directory(std::filesystem::path path,
                                                                     std::size_t limit = 100'000);

}  // namespace bight::fs
