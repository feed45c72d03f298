// The file of a download before it is complete.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/fs/atomic_file.hpp>
#include <bight/fs/file.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "http/download/part_info.hpp"
#include "http/sha256.hpp"

namespace bight::http::detail {

/// Throws the error of a path at which there is a device or a pipe, which must not be replaced by a file.
[[noreturn]] void throw_not_replaceable(const std::filesystem::path& path);

/// Either has a name of its own, `NAME.part`, and an info file beside it, or no name at all. `size` bytes are
/// in it.
class part_file {
 public:
  /// `hashed`: computes the SHA-256 of what is written.
  explicit part_file(bool hashed) {
    if (hashed) hash_.emplace();
  }

  /// Opens `part`, or creates it. With `resume` its bytes stay if they are of `url`, as its info file says.
  awaitable<void> open_named(std::filesystem::path part, bool resume, const std::string& url);
  /// Opens a file without a name, which will be `name`.
  awaitable<void> open_unnamed(std::filesystem::path name, bool replace, bool sync);
  bool is_open() const noexcept { return named_ || unnamed_; }

  /// Begins again, with bytes of which `info` says what they are.
  awaitable<void> restart(part_info info);
  awaitable<void> write(std::string_view bytes);
  std::uint64_t size() const noexcept { return size_; }
  const part_info& info() const noexcept { return info_; }
  std::string finish_hash() { return hash_->finish(); }

  /// Gives it its name. A file that is replaced hands its permissions on.
  awaitable<void> commit(const std::filesystem::path& name, bool replace, bool sync);
  /// Removes it with its info file, at once.
  void discard() noexcept;
  /// Keeps it if it can be continued, or was never begun; removes it otherwise.
  void leave() noexcept;

 private:
  fs::file& file() noexcept { return named_ ? *named_ : **unnamed_; }
  awaitable<void> take_up(const std::string& url);
  awaitable<void> hash_existing();
  std::filesystem::path info_path() const;

  std::optional<fs::file> named_;
  std::optional<fs::atomic_file> unnamed_;
  std::filesystem::path part_;
  part_info info_;
  std::uint64_t size_ = 0;
  bool begun_ = false;  // its bytes are of this download
  bool found_ = false;  // it had bytes when it was opened
  std::optional<sha256> hash_;
};

}  // namespace bight::http::detail
