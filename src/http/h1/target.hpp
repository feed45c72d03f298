// Request targets and authorities (RFC 9112 3.2, RFC 3986 3.2).
#pragma once
#include <bight/http/method.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bight::http::h1 {

/// The four forms of RFC 9112 3.2.
enum class target_form : std::uint8_t { origin, absolute, authority, asterisk };

/// A request target taken apart. Offsets from the start of the target, so that it survives a move of the
/// buffer.
struct target_view {
  target_form form = target_form::origin;
  std::uint32_t authority_offset = 0;
  std::uint32_t authority_size = 0;
  std::uint32_t path_offset = 0;  ///< Path and query run from here to the end.
};

/// Whether `text` is uri-host [":" port] with a host that is not empty and a port up to 65535, without user
/// information.
bool is_authority(std::string_view text) noexcept;

/// Takes a target apart. Precondition: visible ASCII without "#". Returns: nullopt if the form does not exist
/// or does not go with the method: authority-form is for CONNECT alone, "*" for OPTIONS alone; absolute-form
/// is http or https.
std::optional<target_view> parse_target(std::string_view target, method_id method) noexcept;

}  // namespace bight::http::h1
