// What the parts of bench_fs share.
#pragma once
#include <stdlib.h>

#include <bight/core/awaitable.hpp>
#include <bight/core/to_thread.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace bench {

struct fs_case {
  const char* name;
  bight::awaitable<void> (*run)(long n);
  long n;
};
std::span<const fs_case> page_cases();        ///< One file, page by page.
std::span<const fs_case> cold_cases();        ///< What is not in the page cache.
std::span<const fs_case> line_cases();        ///< One file, line by line.
std::span<const fs_case> whole_file_cases();  ///< Many small files.
std::span<const fs_case> folder_cases();      ///< Folders, temporary files, files that replace others.

inline constexpr std::size_t page = 4096;
inline constexpr std::size_t at_a_time = 32;

/// A folder that goes away.
class scratch {
 public:
  scratch() {
    std::string text = (std::filesystem::temp_directory_path() / "bight-bench-XXXXXX").string();
    require(::mkdtemp(text.data()) != nullptr);
    path_ = text;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() { std::filesystem::remove_all(path_); }

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const noexcept { return path_; }
  /// Paths of files that are not there.
  std::vector<std::string> names(long n) const {
    std::vector<std::string> all;
    for (long i = 0; i != n; ++i) all.push_back(file(std::to_string(i)));
    return all;
  }
  /// Files of a page each.
  std::vector<std::string> small_files(long n) const {
    auto all = names(n);
    const std::string text(page, 'x');
    for (const auto& name : all) std::ofstream{name, std::ios::binary} << text;
    return all;
  }
  std::string large_file(std::size_t size) const {
    auto name = file("data");
    std::ofstream{name, std::ios::binary} << std::string(size, 'x');
    return name;
  }

  static void require(bool good) {
    if (!good) std::abort();
  }

 private:
  std::filesystem::path path_;
};

inline void require(bool good) { scratch::require(good); }

}  // namespace bench
