// The bodies of a crawl as files.
#pragma once
#include <bight/core.hpp>
#include <bight/crawl.hpp>
#include <bight/fs.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "file_names.hpp"

namespace crawler {

/// Saves bodies below a folder. A file appears when its body has ended. Errors: system errors that name the
/// file.
class body_files {
 public:
  explicit body_files(std::string folder) : folder_(std::move(folder)) {}

  bool wanted() const noexcept { return !folder_.empty(); }
  /// For crawler::on_body.
  bight::awaitable<void> write(const bight::crawl::page& p, std::string_view piece);
  /// The file of a page, relative to the folder; empty if it has none.
  std::string take_name(const bight::crawl::page& p);

 private:
  struct open_file;
  bight::awaitable<std::shared_ptr<open_file>> open(const bight::crawl::page& p);

  std::filesystem::path folder_;
  file_names names_;
  std::unordered_map<std::string, std::shared_ptr<open_file>> open_;  // by URL
  std::unordered_map<std::string, std::string> saved_;                // until its page is reported
};

}  // namespace crawler
