#include "http/client/basic.hpp"

#include <cstdint>
#include <string_view>

namespace bight::http::detail {
namespace {

// RFC 4648 section 4.
void append_base64(std::string& out, std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto group = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j != 3; ++j)
      bits = bits << 8U | (j < group.size() ? static_cast<unsigned char>(group[j]) : 0U);
    for (std::size_t j = 0; j != 4; ++j) out += j <= group.size() ? digits[bits >> (18 - 6 * j) & 63U] : '=';
  }
}

}  // namespace

std::string basic_authorization(std::string_view user, std::string_view password) {
  std::string value = "Basic ";
  append_base64(value, std::string{user}.append(":").append(password));
  return value;
}

std::string basic_authorization(const url& where) {
  if (!where.has_credentials()) return {};
  return basic_authorization(percent_decode(where.username()), percent_decode(where.password()));
}

}  // namespace bight::http::detail
