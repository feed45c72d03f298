// Properties: a file name from Content-Disposition or a URL is a name and never a path, and short; an info
// file is read back as it was written; a Content-Range has its ends in order.
#include <bight/core/detail/utf8.hpp>
#include <bight/http/download.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/url.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/download/part_info.hpp"

namespace {

namespace http = bight::http;

void check_name(const std::string& name) {
  bool bad = name.empty() || name.size() > 200 || name.front() == '.' || !bight::detail::is_utf8(name);
  for (const char c : name)
    bad = bad || c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  if (bad) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const http::url base{"http://a/b"};
  if (http::is_field_value(text)) {
    http::headers fields;
    fields.append("Content-Disposition", text);
    check_name(http::file_name_of(fields, base));
  }
  if (const auto where = http::url::parse(text, base)) check_name(http::file_name_of(*where));
  if (const auto info = http::detail::part_info::parse(text)) {
    const auto again = http::detail::part_info::parse(info->to_text());
    if (!again || again->url != info->url || again->validator != info->validator || again->size != info->size)
      std::abort();
  }
  if (const auto range = http::detail::content_range::parse(text))
    if (range->first > range->last || (range->satisfied && range->size && range->last >= *range->size))
      std::abort();
  return 0;
}
