#include "http/text/charset.hpp"

#include <bight/core/detail/utf8.hpp>
#include <bight/http/charset.hpp>
#include <bight/http/headers.hpp>
#include <utility>

namespace bight::http {
namespace {

std::string decode_utf8(std::string&& bytes) {
  if (bight::detail::is_utf8(bytes)) return std::move(bytes);
  return bight::detail::replace_malformed_utf8(bytes);
}

std::string decode(std::string&& bytes, std::string_view charset) {
  if (charset.empty() || charset_of(charset) == "UTF-8") return decode_utf8(std::move(bytes));
  text_decoder decoder{charset};
  std::string out;
  decoder.decode(bytes, out);
  decoder.finish(out);
  return out;
}

}  // namespace

std::string to_utf8(std::string&& bytes, std::string_view content_type) {
  if (bytes.starts_with(bight::detail::utf8_byte_order_mark)) {
    bytes.erase(0, bight::detail::utf8_byte_order_mark.size());
    return decode_utf8(std::move(bytes));
  }
  const bool big_endian = bytes.starts_with("\xfe\xff");
  if (big_endian || bytes.starts_with("\xff\xfe")) {
    bytes.erase(0, 2);
    return decode(std::move(bytes), big_endian ? "UTF-16BE" : "UTF-16LE");
  }
  const auto type = media_type_view::parse(content_type);
  return decode(std::move(bytes), type ? std::string_view{type->charset} : std::string_view{});
}

}  // namespace bight::http
