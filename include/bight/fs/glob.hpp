// glob, glob_all: the paths that a pattern matches.
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
  /// Names that begin with a dot are like all others.
  bool include_hidden = false;
  /// Passes over directories that may not be read, instead of failing at them.
  bool skip_denied = false;
  /// How many directories deep it goes, from the first part of the pattern with a wildcard on. At most 1000:
  /// each level needs a descriptor.
  unsigned max_depth = 100;
  /// How many bytes a pattern may have.
  std::size_t max_pattern = 4096;
  /// How many parts between slashes a pattern may have from the first wildcard on.
  std::size_t max_parts = 100;
  /// How many paths `glob_all` returns.
  std::size_t max_results = 100'000;
};

/// Finds what a pattern matches (glob.iglob with recursive=True).
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
/// There is no escape; `[*]` matches a star. A `[` without a `]` is itself. Characters are those of UTF-8; a
/// byte that belongs to none counts as one. Names that begin with a dot are matched only by a part that does,
/// unless `include_hidden`. Paths are given as Python gives them: what is before the first wildcard as it
/// stands in the pattern, then one slash between names, and a slash at the end if the pattern has one; `a/**`
/// matches `a/` itself.
///
/// Different from Python: each path is found once; `**` goes into no symbolic link (other parts do), and not
/// into a directory that is part of itself; a directory that may not be read is an error.
///
/// The order is the system's. Only directories that can hold a match are read, on a thread, by descriptors:
/// nothing that is exchanged meanwhile leads it astray; what comes and goes meanwhile may be found or not.
/// Complexity: a name of n characters costs at most n times the length of the pattern. Concurrency: one call
/// at a time, otherwise std::logic_error.
class glob {
 public:
  /// `root`: what relative patterns are relative to, if not the current directory. Results do not contain it.
  /// Errors: errc::limit_exceeded for a pattern that is too long, EINVAL for one with a zero byte: both name
  /// pattern and place. std::invalid_argument for a max_depth of 0 or above 1000.
  explicit glob(std::string pattern, std::filesystem::path root = {}, const glob_options& options = {});
  glob(const glob&) = delete;
  glob& operator=(const glob&) = delete;
  ~glob();

  /// The next match; nothing at the end. Its depth counts from the first part with a wildcard, which is 1;
  /// its kind is that of the link for a symbolic link. Cancellation: nothing is lost. Errors: system_error
  /// that names the path, for a directory that cannot be read, and errc::limit_exceeded for one that is too
  /// deep: the search goes on with the next call, without it.
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

/// Everything that a pattern matches, sorted by path
/// (sorted(glob.glob(pattern, root_dir=root, recursive=True))). Errors: as those of `glob`;
/// errc::limit_exceeded for more than `max_results`, which names limit and pattern.
[[nodiscard]] awaitable<std::vector<std::filesystem::path>> glob_all(std::string pattern,
                                                                     std::filesystem::path root = {},
                                                                     glob_options options = {});

}  // namespace bight::fs
