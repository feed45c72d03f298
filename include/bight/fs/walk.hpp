// walk, list_directory: what is in a directory.
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

/// Something that was found in a directory.
struct directory_entry {
  /// Begins with the directory as it was given. From `glob`: as the pattern has it, without the root.
  std::filesystem::path path;
  file_kind kind = file_kind::unknown;
  unsigned depth = 1;  ///< 1: directly in the directory.
};

/// Trivially copyable.
struct walk_options {
  /// How deep it goes: 1 lists one directory. What is deeper is passed over (find -maxdepth). At least 1.
  unsigned max_depth = std::numeric_limits<unsigned>::max();
  /// How many directories may be open, each in the one before, with the root: one more is an error,
  /// errc::limit_exceeded. 1 to 1000: each takes a descriptor.
  unsigned depth_limit = 100;
  /// Passes over directories that may not be read, instead of failing at them.
  bool skip_denied = false;
};

/// Goes through a directory and all below it (os.walk).
///
///     bight::fs::walk all{"/var/log"};
///     auto entry = co_await all.next();
///     while (entry) {
///       if (entry->path.filename() == ".git") all.skip();
///       entry = co_await all.next();
///     }
///
/// A directory comes before what is in it; apart from that the order is the system's. Symbolic links are
/// entries, and not followed, even if they are exchanged for directories meanwhile. A directory that is part
/// of itself (a bind mount) is not entered. What comes and goes during the walk may be found or not. Up to
/// 256 entries are read at a time, on a thread; most calls of `next` do not suspend. Concurrency: one call at
/// a time, otherwise std::logic_error.
class walk {
 public:
  /// Errors: std::invalid_argument for a max_depth of 0, and a depth_limit of 0 or above 1000.
  explicit walk(std::filesystem::path directory, walk_options options = {});
  walk(const walk&) = delete;
  walk& operator=(const walk&) = delete;
  ~walk();

  /// The next entry; nothing at the end. Cancellation: nothing is lost. Errors: system_error that names the
  /// path, for a directory that cannot be read, and errc::limit_exceeded for one that is too deep: the walk
  /// goes on with the next call, without it.
  auto next() noexcept { return detail::quick_operation<step>{step{this}}; }

  /// Does not enter the directory that `next` gave last (os.walk's `dirs[:] = ...`): nothing beneath it is
  /// found, nor are errors there. If it has been read already, that was in vain. Nothing for what is no
  /// directory, and the second time. Errors: std::logic_error if `next` gave no entry yet, or the end.
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

/// Everything in one directory (os.scandir), sorted by name. `limit`: how many entries at most.
/// Errors: errc::limit_exceeded, which names limit and path; system_error that names the path.
[[nodiscard]] awaitable<std::vector<directory_entry>> list_directory(std::filesystem::path path,
                                                                     std::size_t limit = 100'000);

}  // namespace bight::fs
