#include "http/client/basic.hpp"

#include "http/auth/base64.hpp"

namespace bight::http::detail {

std::string basic_authorization(const url& where) {
  if (!where.has_credentials()) return {};
  std::string value = "Basic ";
  auth_detail::append_base64(value,
                             percent_decode(where.username()) + ':' + percent_decode(where.password()));
  return value;
}

}  // namespace bight::http::detail
