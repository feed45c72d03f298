// link_cache: good links of earlier runs.
#pragma once
#include <bight/core/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace bight::crawl {

/// The good links of earlier runs, so that they are not requested again. Links that were not good are not
/// stored: the next run checks them. A text file with a header line, then a line for each URL.
class link_cache {
 public:
  using time_point = std::chrono::sys_seconds;

  /// `max_age`: older entries count as absent, and are dropped.
  explicit link_cache(std::chrono::seconds max_age = std::chrono::hours{24}) noexcept : max_age_(max_age) {}

  /// Adds the entries of a file. A file that does not exist has none. Errors: std::runtime_error with the
  /// line if the file is not a link cache; system errors.
  [[nodiscard]] awaitable<void> load(std::filesystem::path file);
  /// Writes all entries, atomically. Errors: system errors.
  [[nodiscard]] awaitable<void> save(std::filesystem::path file) const;

  /// The target of the redirect of a good URL, empty if there was none; nullopt if the URL is not known.
  std::optional<std::string> find(std::string_view url) const;
  /// Adds a good URL.
  void add(std::string url, std::string final_url);
  std::size_t size() const noexcept { return entries_.size(); }

  /// The content of a file as text, and its reverse. Errors: std::runtime_error, which begins with `name` and
  /// the number of the line.
  std::string to_text() const;
  void add_text(std::string_view text, const std::string& name);

 private:
  struct entry {
    time_point checked;
    std::string final_url;
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::chrono::seconds max_age_;
  std::unordered_map<std::string, entry, text_hash, std::equal_to<>> entries_;
};

}  // namespace bight::crawl
