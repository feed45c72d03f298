// static_files: a folder as a web site.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace bight::http {

/// Options of static_files. A class and not an aggregate, so that it is safe inside co_await expressions.
struct static_files_options {
  static_files_options() {}

  /// What stands for a folder; none if empty.
  std::string index = "index.html";
  /// Serve files whose name, or a folder on the way, begins with a dot.
  bool dotfiles = false;
  /// Follow symbolic links that stay inside the folder: relative ones, which never lead out of it on the way.
  bool symlinks = true;
};

/// Answers GET and HEAD with the files of a folder.
///
///     http::server server{http::static_files{"/srv/www"}};
///
/// ETag and Last-Modified with If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since (RFC 9110
/// 13); a folder without a final slash is redirected to the one with it. Nothing outside the folder is ever
/// opened: see fs::directory. Only regular files are served. Other methods: 405. Files that are not in memory
/// are opened and read by threads: the loop is not blocked. Errors of the system that are not the client's,
/// EIO for instance, are thrown: the server logs them and answers 500. Cheap to copy; copies share the
/// folder.
class static_files {
 public:
  /// Throws system_error naming `root` if it is not a folder that can be opened.
  explicit static_files(const std::string& root, static_files_options options = {});

  awaitable<server_response> operator()(server_request& request) const;

 private:
  class impl;
  std::shared_ptr<const impl> impl_;
};

/// The media type for a file name, by its extension: "text/html; charset=utf-8"; "application/octet-stream"
/// if unknown.
std::string_view media_type_of(std::string_view file_name) noexcept;

}  // namespace bight::http
