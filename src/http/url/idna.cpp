#include "http/url/idna.hpp"

#include <unicode/uidna.h>

#include <cstddef>
#include <cstdint>

namespace bight::http::url_detail {
namespace {

bool begins_punycode(std::string_view label) noexcept {
  return label.size() >= 4 && (label[0] == 'x' || label[0] == 'X') && (label[1] == 'n' || label[1] == 'N') &&
         label[2] == '-' && label[3] == '-';
}

// Calls `f` with each label of an ASCII domain until it returns true; returns whether one did.
template <class F>
bool any_label(std::string_view domain, F f) {
  while (true) {
    const auto dot = domain.find('.');
    if (f(domain.substr(0, dot))) return true;
    if (dot == std::string_view::npos) return false;
    domain.remove_prefix(dot + 1);
  }
}

// Opened once and never closed: the object is immutable and may be shared by threads.
const UIDNA* uts46() noexcept {
  static const UIDNA* const instance = [] {
    UErrorCode status = U_ZERO_ERROR;
    const auto options = UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII |
                         UIDNA_NONTRANSITIONAL_TO_UNICODE;
    const UIDNA* opened = uidna_openUTS46(static_cast<std::uint32_t>(options), &status);
    return U_SUCCESS(status) ? opened : nullptr;
  }();
  return instance;
}

// What CheckHyphens=false and VerifyDnsLength=false switch off in UTS 46, ICU reports all the same.
constexpr std::uint32_t ignored_errors = UIDNA_ERROR_EMPTY_LABEL | UIDNA_ERROR_LABEL_TOO_LONG |
                                         UIDNA_ERROR_DOMAIN_NAME_TOO_LONG | UIDNA_ERROR_LEADING_HYPHEN |
                                         UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;

// ICU before version 74 maps capital sharp s (U+1E9E) to "ss"; since Unicode 15.1 it is mapped to sharp s.
std::string replace_capital_sharp_s(std::string_view domain) {
  constexpr std::string_view capital = "\xe1\xba\x9e";
  std::string out(domain);
  for (auto at = out.find(capital); at != std::string::npos; at = out.find(capital, at)) {
    out.replace(at, capital.size(), "\xc3\x9f");
  }
  return out;
}

}  // namespace

bool append_domain_to_ascii(std::string& out, std::string_view domain) {
  const UIDNA* const idna = uts46();
  if (idna == nullptr) return false;
  const std::string input = replace_capital_sharp_s(domain);
  const std::size_t before = out.size();
  std::size_t room = input.size() + 32;
  while (true) {
    out.resize(before + room);
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode status = U_ZERO_ERROR;
    const auto length =
        uidna_nameToASCII_UTF8(idna, input.data(), static_cast<std::int32_t>(input.size()),
                               out.data() + before, static_cast<std::int32_t>(room), &info, &status);
    if (status == U_BUFFER_OVERFLOW_ERROR) {
      room = static_cast<std::size_t>(length);
      continue;
    }
    const bool valid = U_SUCCESS(status) && (info.errors & ~ignored_errors) == 0;
    out.resize(before + (valid ? static_cast<std::size_t>(length) : 0));
    if (!valid) return false;
    break;
  }
  // UTS 46 since revision 33 rejects Punycode that stands for nothing or for ASCII only; older ICU does not.
  const bool pointless = any_label(std::string_view(out).substr(before), [](std::string_view label) {
    return begins_punycode(label) && label.back() == '-';
  });
  if (pointless) out.resize(before);
  return !pointless;
}

}  // namespace bight::http::url_detail
