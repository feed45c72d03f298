// What a redirect makes of a request.
#pragma once
#include <bight/http/headers.hpp>
#include <bight/http/request.hpp>
#include <bight/http/status.hpp>
#include <memory>
#include <string>

#include "http/auth/digest.hpp"

namespace bight::http::detail {

/// What a request says of its sender, beside its headers.
struct identity {
  std::shared_ptr<auth_detail::digest_session> digest;  // makes `authorization` for each hop
  std::string authorization;                            // unless the request has an Authorization field
  std::string cookie;                                   // of the jar and the request, for the URL of this hop
  bool cross_origin = false;                            // after a redirect to another origin
};

/// Credentials are for the origin that they were given for.
bool is_credential(header_id id) noexcept;

bool is_redirect(status code, const headers& answer) noexcept;

/// Changes `r` into the request that follows a redirect (Fetch standard, HTTP-redirect fetch).
void follow(request& r, status code, const headers& answer, identity& who);

}  // namespace bight::http::detail
