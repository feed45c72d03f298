// Local files as the targets of links.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/crawl/external_checker.hpp>
#include <bight/crawl/page.hpp>
#include <bight/http/url.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl::check {

/// What a file is by its name.
enum class file_type : unsigned char { other, html, xhtml, markdown };
file_type type_of(const std::filesystem::path& file);

/// The file URL of an absolute path; of a directory with a slash at its end if `directory`.
std::string file_url(const std::filesystem::path& path, bool directory = false);
/// The path of a file URL.
std::filesystem::path path_of(const http::url& file);
/// A path for people: relative to the working directory if it is below it.
std::string shown_path(const std::filesystem::path& path);

/// Whether the file or directory exists; with `ids`, its ids if it is HTML or Markdown. Of a directory, those
/// of its index.html or README.md.
awaitable<external_result> check_file(std::filesystem::path path, bool ids);

/// A local page.
struct local_page {
  local_page() {}
  std::vector<page_link> links;
  fragment_ids ids;
};
/// The links of a file with this content, resolved against its URL; those with a leading `/` against `root`.
local_page read_page(std::string_view content, file_type type, const std::filesystem::path& file,
                     const std::filesystem::path& root);

}  // namespace bight::crawl::check
