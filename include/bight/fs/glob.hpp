// glob, glob_all: paths that match a pattern.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/fs/detail/quick_awaiter.hpp>
#include <bight/fs/walk.hpp>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bight::fs {

/// Trivially copyable.
struct glob_options {
  /// Match names that begin with a dot like any other.
  bool include_hidden = false;
  /// Skip unreadable directories instead of failing.
  bool skip_denied = false;
  /// The maximum depth, from the first part with a wildcard on; 1 to 1000. Each level uses a descriptor.
  unsigned max_depth = 100;
  /// The maximum size of a pattern in bytes.
  std::size_t max_pattern = 4096;
  /// The maximum number of path components from the first wildcard on.
  std::size_t max_parts = 100;
  /// The maximum number of results of `glob_all`.
  std::size_t max_results = 100'000;
};

/// Finds the paths that match a pattern (glob.iglob with recursive=True).
///
///     bight::fs::glob headers{"include/**/*.hpp"};
///     auto found = co_await headers.next();
///     while (found) {
///       co_await check(found->path);
///       found = co_await headers.next();
///     }
///
/// | in a pattern      | matches                                                                   |
/// |-------------------|---------------------------------------------------------------------------|
/// | `*`               | any characters, but no slash                                              |
/// | `?`               | one character                                                             |
/// | `[a-z]`, `[!a-z]` | one of these characters; one that is none of them                         |
/// | `**`              | as a whole part: any number of directories; as the last part: also files  |
/// | a slash at the end | directories only                                                         |
///
/// | in a pattern      | matches                                                                   |
/// |-------------------|---------------------------------------------------------------------------|
/// | `*`               | any characters except a slash                                             |
/// | `?`               | one character                                                             |
/// | `[a-z]`, `[!a-z]` | one of these characters; one other character                              |
/// | `**`              | as a whole component: any number of directories; at the end: files, too   |
/// | a final slash     | directories only                                                          |
///
/// There is no escape character; `[*]` matches a star. A `[` without a `]` is literal. Characters are UTF-8;
/// an invalid byte counts as one. Names that begin with a dot are matched only by a component that does,
/// unless `include_hidden`. Paths are returned as in Python: the part before the first wildcard as written,
/// then one slash between names, and a final slash if the pattern has one; `a/**` matches `a/` itself.
///
/// Differences from Python: each path is returned once; `**` does not follow symbolic links (other components
/// do) or enter a directory that contains itself; an unreadable directory is an error.
///
/// The order is unspecified. Only directories that can contain a match are read, on a thread, through
/// descriptors, so concurrent changes cannot redirect the search; entries that are created or removed
/// meanwhile may be found or not. Complexity: a name of n characters costs at most n times the length of the
/// pattern. Concurrency: one call at a time, otherwise std::logic_error.
class glob {
 public:
  /// `root`: the base of relative patterns, if not the current directory; not part of the results. Errors:
  /// errc::limit_exceeded if the pattern is too long, EINVAL if it contains a null byte, both with pattern
  /// and position; std::invalid_argument for a max_depth of 0 or above 1000.
  explicit glob(std::string pattern, std::filesystem::path root = {}, const glob_options& options = {});
  glob(const glob&) = delete;
  glob& operator=(const glob&) = delete;
  ~glob();

  /// The next match; nullopt at the end. Its depth is 1 for the first component with a wildcard; symbolic
  /// links are reported as such. Cancellation: no match is lost. Errors: system_error that names the path of
  /// an unreadable directory, and errc::limit_exceeded for one that is too deep; the next call continues
  /// without it.
  auto next() noexcept { return detail::quick_operation<step>{step{this}}; }

 private:
  class impl;
  struct step {
    using result_type = std::optional<directory_entry>;
    glob* from;
    bool now(result_type& entry) { return from->take(entry); }
    awaitable<result_type> later() { return from->read_on(); }
  };
  bool take(std::optional<directory_entry>& entry);
  awaitable<std::optional<directory_entry>> read_on();

  std::shared_ptr<impl> impl_;
};

/// All matches, sorted by path (sorted(glob.glob(pattern, root_dir=root, recursive=True))). Errors: those of
/// `glob`; errc::limit_exceeded, which names limit and pattern, for more than `max_results`.
[[nodiscard]] awaitable<std::vector<std::filesystem::path>> glob_all(std::string pattern,
                                                                     std::filesystem::path root = {},
                                                                     glob_options options = {});

}  // namespace bight::fs
