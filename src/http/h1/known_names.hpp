// Names that have a header_id: a perfect hash and word-wise comparison. Private to the room.
#pragma once
#include <array>
#include <bight/http/headers.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bight::http::h1 {

// clang-format off
/// In the order of header_id.
inline constexpr std::array<std::string_view, header_id_count> known_names{
    "",
    "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Accept-Ranges",
    "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Max-Age",
    "Access-Control-Request-Headers", "Access-Control-Request-Method", "Age", "Allow", "Alt-Svc",
    "Authorization", "Cache-Control", "Connection", "Content-Disposition", "Content-Encoding",
    "Content-Language", "Content-Length", "Content-Location", "Content-Range",
    "Content-Security-Policy", "Content-Type", "Cookie", "Date", "ETag", "Expect", "Expires",
    "Forwarded", "From", "Host", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
    "If-Unmodified-Since", "Keep-Alive", "Last-Modified", "Link", "Location", "Max-Forwards", "Origin",
    "Pragma", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Range", "Referer",
    "Referrer-Policy", "Retry-After", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site",
    "Sec-Fetch-User", "Sec-WebSocket-Accept", "Sec-WebSocket-Extensions", "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol", "Sec-WebSocket-Version", "Server", "Set-Cookie",
    "Strict-Transport-Security", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    "Upgrade-Insecure-Requests", "User-Agent", "Vary", "Via", "Warning", "WWW-Authenticate",
    "X-Content-Type-Options", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
    "X-Frame-Options", "X-Powered-By", "X-Request-ID", "X-Robots-Tag",
};
// clang-format on

/// Mixes length, first, last and a later middle character; the multiplier was searched for so that no two
/// names meet.
constexpr std::size_t hash_of_name(const char* name, std::size_t size) noexcept {
  const auto at = [name](std::size_t index) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(name[index])) | 0x20U;
  };
  const std::uint32_t key =
      static_cast<std::uint32_t>(size) | at(0) << 8 | at(size - 1) << 16 | at(size * 3 / 4) << 24;
  return (key * 0x63192c51U) >> 24;
}

consteval std::array<header_id, 256> make_name_slots() {
  std::array<header_id, 256> slots{};
  for (std::size_t id = 1; id != header_id_count; ++id) {
    auto& slot = slots[hash_of_name(known_names[id].data(), known_names[id].size())];
    if (slot != header_id::unknown) throw "two names meet: search another multiplier";
    slot = static_cast<header_id>(id);
  }
  return slots;
}
inline constexpr std::array<header_id, 256> name_slots = make_name_slots();

/// Whether the words are equal but for the case of letters; `b` must hold letters, digits and "-" alone.
template <class Word>
bool equal_word(const char* a, const char* b) noexcept {
  Word x = 0;
  Word y = 0;
  std::memcpy(&x, a, sizeof x);
  std::memcpy(&y, b, sizeof y);
  constexpr Word letters = static_cast<Word>(0x4040404040404040U);
  const Word fold = static_cast<Word>((y & letters) >> 1);  // 0x20 where b has a letter
  return (x | fold) == (y | fold);
}

/// Whether a text of `size` characters is the known name `b`, whatever its case.
inline bool equal_name(const char* a, const char* b, std::size_t size) noexcept {
  if (size >= 8) {
    for (std::size_t i = 0; i + 8 <= size; i += 8)
      if (!equal_word<std::uint64_t>(a + i, b + i)) return false;
    return equal_word<std::uint64_t>(a + size - 8, b + size - 8);
  }
  if (size >= 4)
    return equal_word<std::uint32_t>(a, b) && equal_word<std::uint32_t>(a + size - 4, b + size - 4);
  return equal_word<std::uint16_t>(a, b) && equal_word<std::uint16_t>(a + size - 2, b + size - 2);
}

/// The id of a name of any size.
inline header_id match_known_name(const char* name, std::size_t size) noexcept {
  if (size < 2 || size > 32) return header_id::unknown;
  const header_id id = name_slots[hash_of_name(name, size)];
  const std::string_view known = known_names[static_cast<std::size_t>(id)];
  return known.size() == size && equal_name(name, known.data(), size) ? id : header_id::unknown;
}

}  // namespace bight::http::h1
