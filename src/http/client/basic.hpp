// The Basic authentication of RFC 7617.
#pragma once
#include <bight/http/url.hpp>
#include <string>

namespace bight::http::detail {

/// The value of Authorization for the user name and password of a URL; empty if it has neither.
std::string basic_authorization(const url& where);

}  // namespace bight::http::detail
