// static_files: serves a directory.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace bight::http {

/// Options of static_files. Not an aggregate, so that it is safe in co_await expressions.
struct static_files_options {
  static_files_options() {}

  /// The index file of directories; none if empty.
  std::string index = "index.html";
  /// Serve files if a component of their path begins with a dot.
  bool dotfiles = false;
  /// Follow relative symbolic links that never lead out of the directory.
  bool symlinks = true;
  /// Ranges per request; the whole file is sent to requests for more. 0: no ranges.
  std::size_t max_ranges = 16;
  /// Send "a.css.br", "a.css.zst" or "a.css.gz", if there is one beside "a.css", to clients that accept that
  /// coding. Files that are older than the one that they were made of are ignored.
  bool precompressed = false;
  /// Send a page with the names in the directory for directories without an index file. Names that would not
  /// be served are left out.
  bool listing = false;
  /// Names on such a page.
  std::size_t max_listing = 10'000;
};

/// A handler that serves the files of a directory for GET and HEAD.
///
///     http::server server{http::static_files{"/srv/www"}};
///     routes.mount("/static", http::static_files{"/srv/www"});      // below a prefix of a router
///
/// Sends ETag and Last-Modified and evaluates If-Match, If-Unmodified-Since, If-None-Match,
/// If-Modified-Since and If-Range (RFC 9110 13). Sends one or several ranges of a file (RFC 9110 14);
/// overlapping ranges, and those with a gap of less than 80 bytes, become one; a Range header that is
/// malformed or asks for more bytes in all than the file has is ignored. Redirects directory paths without a
/// trailing slash. Serves regular files only, and opens nothing outside the directory (see fs::directory).
/// Responds to other methods with 405.
/// Files that are not cached are opened and read on threads, so that the loop is not blocked. System errors
/// such as EIO are thrown: the server logs them and responds with 500. Cheap to copy; copies share the
/// directory.
class static_files {
 public:
  /// Errors: throws system_error, naming `root`, if the directory cannot be opened.
  explicit static_files(const std::string& root, static_files_options options = {});

  awaitable<server_response> operator()(server_request& request) const;

 private:
  class impl;
  std::shared_ptr<const impl> impl_;
};

/// The media type of a file name, by its extension, for example "text/html; charset=utf-8";
/// "application/octet-stream" if unknown.
std::string_view media_type_of(std::string_view file_name) noexcept;

}  // namespace bight::http
