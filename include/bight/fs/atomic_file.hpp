// atomic_file: a file that becomes visible when it is complete.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/fs/file.hpp>
#include <bight/fs/write_file.hpp>
#include <filesystem>
#include <memory>

namespace bight::fs {

namespace detail {
class replacement;
}

/// write_file_atomically for content that is written incrementally.
///
///     auto report = co_await bight::fs::open_atomically("report.jsonl");
///     bight::fs::writer out{*report};
///     for (const auto& row : rows) co_await out.write(row);
///     co_await out.flush();
///     co_await report.commit();
///
/// Lifetime: without `commit`, the destructor discards the new file, and an existing file is unchanged. For
/// what a killed process may leave behind, see write_file_atomically.
class atomic_file {
 public:
  atomic_file(atomic_file&&) noexcept;
  atomic_file& operator=(atomic_file&&) noexcept;
  ~atomic_file();

  /// The file, writable at any offset.
  file& operator*() noexcept { return file_; }
  file* operator->() noexcept { return &file_; }

  /// Closes the file and gives it its name, as the options specify. Precondition: called once. Cancellation:
  /// runs to completion. Errors: system_error that names the path; the new file is discarded, unless only
  /// syncing its directory failed.
  [[nodiscard]] awaitable<void> commit();

 private:
  friend awaitable<atomic_file> open_atomically(std::filesystem::path path, atomic_options options);
  atomic_file(file f, std::shared_ptr<detail::replacement> made) noexcept;
  std::shared_ptr<detail::replacement> made_;
  file file_;
};

/// Creates a file that will replace `path`. Options and errors: as for write_file_atomically. Cancellation:
/// leaves nothing behind.
[[nodiscard]] awaitable<atomic_file> open_atomically(std::filesystem::path path, atomic_options options = {});

}  // namespace bight::fs
