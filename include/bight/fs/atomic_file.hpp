// atomic_file: a file that has its name when it is complete.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/fs/file.hpp>
#include <bight/fs/write_file.hpp>
#include <filesystem>
#include <memory>

namespace bight::fs {

namespace detail {
class successor;
}

/// What write_file_atomically does, for content that comes piece by piece.
///
///     auto report = co_await bight::fs::open_atomically("report.jsonl");
///     bight::fs::writer out{*report};
///     for (const auto& row : rows) co_await out.write(row);
///     co_await out.flush();
///     co_await report.commit();
///
/// Lifetime: what is destroyed without `commit` leaves nothing: the file of that name is as it was. What a
/// process that is killed may leave: see write_file_atomically.
class atomic_file {
 public:
  atomic_file(atomic_file&&) noexcept;
  atomic_file& operator=(atomic_file&&) noexcept;
  ~atomic_file();

  /// To write to, at any place.
  file& operator*() noexcept { return file_; }
  file* operator->() noexcept { return &file_; }

  /// Closes it and gives it its name, as the options say. Precondition: called once. Cancellation: begins in
  /// any case and waits to the end. Errors: system_error that names the path; nothing is left then, except
  /// that it is there if only its folder could not be synced.
  [[nodiscard]] awaitable<void> commit();

 private:
  friend awaitable<atomic_file> open_atomically(std::filesystem::path path, atomic_options options);
  atomic_file(file f, std::shared_ptr<detail::successor> made) noexcept;
  std::shared_ptr<detail::successor> made_;
  file file_;
};

/// Makes the file that shall take the place of `path`. Options and errors as of write_file_atomically.
/// Cancellation: nothing is left.
[[nodiscard]] awaitable<atomic_file> open_atomically(std::filesystem::path path, atomic_options options = {});

}  // namespace bight::fs
