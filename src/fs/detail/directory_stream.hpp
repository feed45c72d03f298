// A directory, name by name.
#pragma once
#include <dirent.h>

#include <bight/core/detail/unique_fd.hpp>
#include <bight/fs/metadata.hpp>
#include <filesystem>
#include <memory>
#include <string>

namespace bight::fs::detail {

class directory_stream {
 public:
  struct item {
    const char* name = nullptr;  ///< Valid until the next one. Neither "." nor "..".
    file_kind kind = file_kind::unknown;
  };

  /// Takes the descriptor; without one afterwards if there is no memory for it: errno says why.
  explicit directory_stream(bight::detail::unique_fd fd) noexcept;

  explicit operator bool() const noexcept { return directory_ != nullptr; }
  int descriptor() const noexcept { return ::dirfd(directory_.get()); }
  /// False at the end, and where `error` says why. What is gone by the time it is looked at is passed over.
  bool next(item& to) noexcept;
  /// An errno, or 0.
  int error() const noexcept { return error_; }

 private:
  struct closer {
    void operator()(DIR* d) const noexcept { ::closedir(d); }
  };
  std::unique_ptr<DIR, closer> directory_;
  int error_ = 0;
};

/// Errors: errc::limit_exceeded, which names what it is about, the limit and the place.
[[noreturn]] void fail_depth(const std::string& what, unsigned limit, const std::filesystem::path& where);

}  // namespace bight::fs::detail
