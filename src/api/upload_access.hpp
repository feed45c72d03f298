// The inside of uploads.
#pragma once
#include <bight/api/upload.hpp>
#include <bight/http/multipart.hpp>
#include <bight/http/multipart_form.hpp>
#include <string_view>

namespace bight::api {

struct upload_access {
  static upload received(http::uploaded_file file);
  static void add_part(http::multipart& form, std::string_view name, const upload& u);
};

}  // namespace bight::api
