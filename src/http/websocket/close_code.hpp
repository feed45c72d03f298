// Close codes (RFC 6455 section 7.4).
#pragma once
#include <cstdint>

namespace bight::http::ws {

namespace code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t no_status = 1005;  ///< A Close frame without a code; never sent.
inline constexpr std::uint16_t abnormal = 1006;   ///< No Close frame; never sent.
inline constexpr std::uint16_t invalid_payload = 1007;
inline constexpr std::uint16_t too_big = 1009;
inline constexpr std::uint16_t internal_error = 1011;
inline constexpr std::uint16_t service_restart = 1012;
inline constexpr std::uint16_t try_again_later = 1013;
inline constexpr std::uint16_t bad_gateway = 1014;
}  // namespace code

/// Whether a Close frame may contain it: a registered code, or one for libraries and applications.
constexpr bool is_sendable(std::uint16_t c) noexcept {
  return (c >= 1000 && c <= 1003) || (c >= 1007 && c <= 1014) || (c >= 3000 && c <= 4999);
}

/// Whether a connection that closed with it ended as it should.
constexpr bool is_clean(std::uint16_t c) noexcept {
  return c == code::normal || c == code::going_away || c == code::no_status;
}

}  // namespace bight::http::ws
