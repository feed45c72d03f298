// Uploads into a directory.
#pragma once
#include <bight/http.hpp>
#include <cstdint>
#include <string>

namespace serve {

struct upload_options {
  std::string folder;
  std::uint64_t max_size = 0;  ///< Of a form, in bytes.
};

/// Saves the files of a form in the directory, under the last component of their names; existing files are
/// kept, and the response is 409. Refused are forms of pages of other origins, which browsers send without
/// asking.
bight::awaitable<bight::http::server_response> save_upload(bight::http::server_request& request,
                                                           const upload_options& options);

/// The page with the form.
bight::http::server_response upload_page();

}  // namespace serve
