// Internationalised domain names: UTS 46 with the options of WHATWG URL 3.3, "domain to ASCII", beStrict
// false.
#pragma once
#include <string>
#include <string_view>

namespace bight::http::url_detail {

/// Appends the ASCII form of `domain`, which must be UTF-8 and not ASCII alone. Returns false, with `out` as
/// it was, if UTS 46 does not allow the domain. Complexity: quadratic in the longest label.
[[nodiscard]] bool append_domain_to_ascii(std::string& out, std::string_view domain);

}  // namespace bight::http::url_detail
