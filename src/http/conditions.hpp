// Conditional requests (RFC 9110 13).
#pragma once
#include <bight/http/headers.hpp>
#include <bight/http/status.hpp>
#include <chrono>
#include <optional>
#include <string_view>

namespace bight::http {

/// What is known about the representation that a GET or HEAD would get.
struct validators {
  std::string_view etag = {};  ///< As in ETag; empty if there is none.
  std::optional<std::chrono::sys_seconds> modified = {};
};

/// Evaluates the conditions of a GET or HEAD in the order of RFC 9110 13.2.2. Returns: 200, 304 or 412.
status evaluate_conditions(headers_view request, const validators& current);

/// Whether a Range field counts: without If-Range, or if that names the current representation by its strong
/// tag or by the very date of its last change (RFC 9110 13.1.5).
bool if_range_holds(headers_view request, const validators& current);

/// Whether If-None-Match lists the tag `opaque` (with its quotes) as a weak one.
bool lists_weak_tag(headers_view request, std::string_view opaque);

/// A field that is one date; nullopt for others, which count for nothing (RFC 9110 13.1.3, 13.1.4).
std::optional<std::chrono::sys_seconds> date_field(headers_view fields, header_id field);

}  // namespace bight::http
