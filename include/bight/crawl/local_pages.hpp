// local_pages: checks HTML and Markdown files without a server.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/crawl/link_checker.hpp>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace bight::crawl {

/// The path that an argument of a command line means; nullopt if it is a URL or a host. It is a path if it
/// begins with `.` or `/`, or if there is such a file.
std::optional<std::filesystem::path> as_local_path(std::string_view argument);

/// Options of add_local_pages. Not an aggregate, so that it is safe in co_await expressions.
struct local_options {
  local_options() {}

  /// The directory that links with a leading `/` refer to. Default: the directory that was given or, for a
  /// file, the working directory if the file is in it, otherwise the directory of the file.
  std::filesystem::path root;
  std::size_t max_files = 1'000'000;       ///< Maximum number of files.
  std::size_t max_file_size = 64U << 20U;  ///< Maximum size of a file in bytes; Markdown: markdown_limits.
};

/// Adds files, and the HTML and Markdown files in directories, to a checker: the body of link_checker::run.
/// Hidden files and directories and `node_modules` are left out, symbolic links in directories are not
/// followed. Extensions: .html, .htm, .xhtml; .md, .markdown, .mkd, .mdown. A file in a directory that cannot
/// be read is reported as not checked. Errors: system errors that name an input that cannot be read;
/// std::invalid_argument if an input is of another type, or a directory without any such file;
/// errc::limit_exceeded. Cancellation: the files so far have been added.
[[nodiscard]] awaitable<void> add_local_pages(link_checker& checker,
                                              std::vector<std::filesystem::path> inputs,
                                              local_options options = {});

}  // namespace bight::crawl
