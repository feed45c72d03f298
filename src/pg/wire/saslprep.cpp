#include "pg/wire/saslprep.hpp"

#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>

namespace bight::pg::wire {
namespace {

struct profile_closer {
  void operator()(UStringPrepProfile* p) const noexcept { usprep_close(p); }
};
using profile_ptr = std::unique_ptr<UStringPrepProfile, profile_closer>;

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::optional<std::u16string> to_utf16(std::string_view text) {
  std::u16string wide(text.size(), u'\0');
  std::int32_t size = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strFromUTF8(wide.data(), static_cast<std::int32_t>(wide.size()), &size, text.data(),
                static_cast<std::int32_t>(text.size()), &error);
  if (U_FAILURE(error)) return std::nullopt;
  wide.resize(static_cast<std::size_t>(size));
  return wide;
}

std::string to_utf8(const std::u16string& wide) {
  std::string text(wide.size() * 3, '\0');
  std::int32_t size = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strToUTF8(text.data(), static_cast<std::int32_t>(text.size()), &size, wide.data(),
              static_cast<std::int32_t>(wide.size()), &error);
  text.resize(U_FAILURE(error) ? 0 : static_cast<std::size_t>(size));
  return text;
}

// NFKC makes at most 18 UTF-16 units of one.
std::optional<std::u16string> prepared(const std::u16string& wide) {
  constexpr std::size_t growth = 18;
  UErrorCode error = U_ZERO_ERROR;
  const profile_ptr profile{usprep_openByType(USPREP_RFC4013_SASLPREP, &error)};
  if (U_FAILURE(error)) return std::nullopt;
  std::u16string out(wide.size() * growth, u'\0');
  const auto size =
      usprep_prepare(profile.get(), wide.data(), static_cast<std::int32_t>(wide.size()), out.data(),
                     static_cast<std::int32_t>(out.size()), USPREP_DEFAULT, nullptr, &error);
  if (U_FAILURE(error)) return std::nullopt;
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace

std::string saslprep(std::string_view password) {
  constexpr std::size_t longest = 64U * 1024;  // a longer one is none
  std::string same{password};
  if (is_ascii(password) || password.size() > longest) return same;
  const auto wide = to_utf16(password);
  if (!wide) return same;
  const auto better = prepared(*wide);
  if (!better || better->empty()) return same;
  return to_utf8(*better);
}

}  // namespace bight::pg::wire
