// File names for URLs.
#pragma once
#include <bight/http/url.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

namespace crawler {

/// Gives each URL a path of its own below a folder: host, folders and name of the URL, with the suffix of its
/// type. The names are valid on all usual file systems, also those that ignore case: characters that are not
/// are percent-encoded, long names are shortened, and a name that is taken gets "~2".
class file_names {
 public:
  /// The relative path of a URL; always the same one.
  std::string path_of(const bight::http::url& url, std::string_view content_type);

 private:
  std::string claim(const std::string& folder, const std::string& stem, const std::string& suffix,
                    const std::string& owner);
  std::unordered_map<std::string, std::string> owners_;  // by path in lower case
  std::unordered_map<std::string, std::string> paths_;   // by owner
};

/// One component of a path, with what file systems refuse percent-encoded.
std::string safe_name(std::string_view segment);

}  // namespace crawler
