#include "http/auth/base64.hpp"

#include <cstddef>
#include <cstdint>

namespace bight::http::auth_detail {

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

}  // namespace bight::http::auth_detail
