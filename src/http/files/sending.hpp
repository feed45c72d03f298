// A file as a response.
#pragma once
#include <bight/fs/directory.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <cstddef>
#include <string_view>

namespace bight::http::files {

/// A representation, found in a directory.
struct representation {
  fs::found file;
  std::string_view content_type;
  std::string_view coding = {};  ///< As in Content-Encoding; empty for identity.
  bool varies = false;           ///< Other codings may be chosen for other clients.
};

/// Responds to a GET or HEAD with the file, ranges of it, or what its conditions call for: 304, 412, 416.
server_response send_file(const server_request& request, representation r, std::size_t max_ranges);

}  // namespace bight::http::files
