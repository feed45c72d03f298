#include "http/text/converter.hpp"

#include <unicode/ucnv_cb.h>
#include <unicode/ucnv_err.h>

#include <cstdint>
#include <string>
#include <utility>

namespace bight::http {
namespace {

// ICU's own callback writes U+001A for single bytes of some charsets.
void replace_malformed(const void*, UConverterToUnicodeArgs* args, const char*, std::int32_t,
                       UConverterCallbackReason reason, UErrorCode* error) {
  if (reason > UCNV_IRREGULAR) return;
  constexpr char16_t replacement = 0xfffd;
  *error = U_ZERO_ERROR;
  ucnv_cbToUWriteUChars(args, &replacement, 1, 0, error);
}

}  // namespace

converter_ptr open_converter(std::string_view name) {
  UErrorCode error = U_ZERO_ERROR;
  converter_ptr out(ucnv_open(std::string{name}.c_str(), &error));
  if (U_FAILURE(error)) return nullptr;
  ucnv_setToUCallBack(out.get(), replace_malformed, nullptr, nullptr, nullptr, &error);
  ucnv_setFromUCallBack(out.get(), UCNV_FROM_U_CALLBACK_ESCAPE, UCNV_ESCAPE_XML_DEC, nullptr, nullptr,
                        &error);
  return U_SUCCESS(error) ? std::move(out) : nullptr;
}

}  // namespace bight::http
