#include "api/form_reading.hpp"

#include <algorithm>
#include <bight/http/form.hpp>
#include <bight/http/problem.hpp>
#include <optional>

#include "api/upload_access.hpp"

namespace bight::api::detail {
namespace {

constexpr std::string_view multipart_type = "multipart/form-data";

[[noreturn]] void refuse(bool has_files) {
  auto text = std::string{"the body must be a form, with Content-Type: "}.append(multipart_type);
  if (!has_files) text.append(" or ").append(http::form::content_type);
  throw http::problem{http::status::unsupported_media_type, std::move(text)};
}

}  // namespace

std::vector<upload> form_values::files_of(std::string_view name) const {
  std::vector<upload> found;
  for (const auto& [field, file] : files)
    if (field == name) found.push_back(file);
  return found;
}

bool is_media_type(std::string_view given, std::string_view wanted) {
  given = given.substr(0, given.find(';'));
  while (given.ends_with(' ') || given.ends_with('\t')) given.remove_suffix(1);
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(given.begin(), given.end(), wanted.begin(), wanted.end(),
                    [&](char a, char b) { return lower(a) == b; });
}

awaitable<form_values> read_form(http::server_request& request, http::multipart_form_options options,
                                 bool has_files) {
  form_values out;
  const auto given = request.headers().get("Content-Type");
  if (!given) {
    // A form of which nothing was filled in.
    const auto text = co_await request.text();
    if (!text.empty()) refuse(has_files);
  } else if (is_media_type(*given, multipart_type)) {
    auto form = co_await request.multipart(std::move(options));
    out.fields = form.fields();
    for (auto& file : form.files()) {
      std::string name = file.name();
      out.files.emplace_back(std::move(name), upload_access::received(std::move(file)));
    }
  } else if (!has_files && is_media_type(*given, http::form::content_type)) {
    const auto& fields = co_await request.form();
    out.fields = fields;
  } else {
    refuse(has_files);
  }
  co_return out;
}

}  // namespace bight::api::detail
