// The rel attribute and parameter: what a link is for.
#pragma once
#include <bight/crawl/links.hpp>
#include <optional>
#include <string_view>

namespace bight::crawl::html {

/// What a rel value says.
struct rel_meaning {
  std::optional<link_kind> kind;  // none: no link to a resource, such as preconnect
  bool canonical = false;
  bool nofollow = false;
};

/// Reads a rel value of a link element or Link header: tokens in any case and order, the most specific kind
/// wins.
rel_meaning read_rel(std::string_view value) noexcept;

/// Does the rel value of an a or area element have nofollow?
bool has_nofollow(std::string_view value) noexcept;

/// The label that a Content-Type value declares (HTML, "extracting a character encoding from a meta
/// element"), or empty.
std::string_view charset_of_content_type(std::string_view value) noexcept;

}  // namespace bight::crawl::html
