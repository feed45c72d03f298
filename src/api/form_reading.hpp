// The fields and files of a form.
#pragma once
#include <bight/api/upload.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/http/multipart_form.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/url.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::api::detail {

class form_values {
 public:
  form_values() {}
  std::vector<upload> files_of(std::string_view name) const;

  http::query_params fields;
  std::vector<std::pair<std::string, upload>> files;
};

/// Reads the form that a request has. Throws http::problem with status 415 unless it is one.
awaitable<form_values> read_form(http::server_request& request, http::multipart_form_options options,
                                 bool has_files);
/// Whether `given`, a Content-Type, names that media type, in any case and with any parameters.
bool is_media_type(std::string_view given, std::string_view wanted);

}  // namespace bight::api::detail
