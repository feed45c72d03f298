// The one door from the private parts of the URL parser to the representation of http::url.
#pragma once
#include <bight/http/url.hpp>

namespace bight::http {

struct url_access {
  using scheme_kind = url::scheme_kind;
  using places = url::places;
  static std::string& href(url& u) noexcept { return u.href_; }
  static places& at(url& u) noexcept { return u.at_; }
  static const places& at(const url& u) noexcept { return u.at_; }

  /// The places are offsets of 32 bits; this keeps every sum of them far from the end of the range.
  static constexpr std::size_t longest = std::size_t{1} << 30;
};

}  // namespace bight::http
