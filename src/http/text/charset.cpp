#include "http/text/charset.hpp"

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>
#include <unicode/ucnv_err.h>

#include <array>
#include <bight/core/detail/utf8.hpp>
#include <bight/http/headers.hpp>
#include <memory>
#include <utility>

namespace bight::http {
namespace {

struct close_converter {
  void operator()(UConverter* c) const noexcept { ucnv_close(c); }
};
using converter_ptr = std::unique_ptr<UConverter, close_converter>;

// ICU's own callback writes U+001A for single bytes of some charsets.
void replace_malformed(const void*, UConverterToUnicodeArgs* args, const char*, std::int32_t,
                       UConverterCallbackReason reason, UErrorCode* error) {
  if (reason > UCNV_IRREGULAR) return;
  constexpr char16_t replacement = 0xfffd;
  *error = U_ZERO_ERROR;
  ucnv_cbToUWriteUChars(args, &replacement, 1, 0, error);
}

converter_ptr open_converter(std::string_view name) {
  UErrorCode error = U_ZERO_ERROR;
  converter_ptr out(ucnv_open(std::string{name}.c_str(), &error));
  if (U_FAILURE(error)) return nullptr;
  ucnv_setToUCallBack(out.get(), replace_malformed, nullptr, nullptr, nullptr, &error);
  return U_SUCCESS(error) ? std::move(out) : nullptr;
}

// Lone surrogates of UTF-16 become U+FFFD in ICU's UTF-8 converter, as everywhere.
std::string convert(UConverter* from, std::string_view bytes) {
  const converter_ptr to = open_converter("UTF-8");
  std::string out;
  std::array<char16_t, 1024> pivot{};
  std::array<char, 4096> piece{};
  char16_t* pivot_from = pivot.data();
  char16_t* pivot_to = pivot.data();
  const char* source = bytes.data();
  const char* const end = source + bytes.size();
  bool first = true;
  UErrorCode error = U_BUFFER_OVERFLOW_ERROR;
  while (to && error == U_BUFFER_OVERFLOW_ERROR) {
    error = U_ZERO_ERROR;
    char* target = piece.data();
    ucnv_convertEx(to.get(), from, &target, piece.data() + piece.size(), &source, end, pivot.data(),
                   &pivot_from, &pivot_to, pivot.data() + pivot.size(), first, true, &error);
    first = false;
    out.append(piece.data(), target);
  }
  return out;
}

std::string decode_utf8(std::string&& bytes) {
  if (bight::detail::is_utf8(bytes)) return std::move(bytes);
  return bight::detail::replace_malformed_utf8(bytes);
}

std::string decode(std::string&& bytes, std::string_view name) {
  if (name == "UTF-8") return decode_utf8(std::move(bytes));
  if (name == "replacement")
    return bytes.empty() ? std::string{} : std::string{bight::detail::utf8_replacement};
  const converter_ptr from = open_converter(name);
  // ICU may have been built without some converters.
  if (!from) return decode_utf8(std::move(bytes));
  return convert(from.get(), bytes);
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
  const auto name = type ? converter_of(type->charset) : std::string_view{};
  return decode(std::move(bytes), name.empty() ? "UTF-8" : name);
}

}  // namespace bight::http
