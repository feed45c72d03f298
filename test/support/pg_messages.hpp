// Messages of a PostgreSQL server, for scripted ones.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::test::server {

inline std::string number(std::uint32_t n, int bytes) {
  std::string text;
  for (int i = bytes; i-- != 0;) text += static_cast<char>(n >> (8U * static_cast<unsigned>(i)) & 255U);
  return text;
}
inline std::string n16(std::uint32_t n) { return number(n, 2); }
inline std::string n32(std::uint32_t n) { return number(n, 4); }
inline std::string zero(std::string_view text) { return std::string{text} + '\0'; }

inline std::string message(char type, std::string_view body = {}) {
  return std::string(1, type).append(n32(static_cast<std::uint32_t>(body.size() + 4))).append(body);
}
inline std::string authentication(std::uint32_t what, std::string_view rest = {}) {
  return message('R', n32(what).append(rest));
}
inline std::string ready(char status = 'I') { return message('Z', std::string(1, status)); }
inline std::string parameter(std::string_view name, std::string_view value) {
  return message('S', zero(name) + zero(value));
}
inline std::string key(std::uint32_t pid, std::uint32_t secret) {
  return message('K', n32(pid) + n32(secret));
}
inline std::string complete(std::string_view tag) { return message('C', zero(tag)); }

struct column {
  std::string name;
  std::uint32_t type;
  int format = 1;
};
inline std::string columns(const std::vector<column>& all) {
  std::string body = n16(static_cast<std::uint32_t>(all.size()));
  for (const auto& c : all)
    body += zero(c.name) + n32(0) + n16(0) + n32(c.type) + n16(4) + n32(0xffffffff) +
            n16(static_cast<std::uint32_t>(c.format));
  return message('T', body);
}
inline std::string row(const std::vector<std::optional<std::string>>& fields) {
  std::string body = n16(static_cast<std::uint32_t>(fields.size()));
  for (const auto& f : fields) body += f ? n32(static_cast<std::uint32_t>(f->size())) + *f : n32(0xffffffff);
  return message('D', body);
}
inline std::string report(char type, std::string_view severity, std::string_view state, std::string_view text,
                          std::string_view more = {}) {
  std::string body = "S" + zero(severity);
  body += "V" + zero(severity);
  body += "C" + zero(state);
  body += "M" + zero(text);
  return message(type, body.append(more) + '\0');
}
inline std::string error(std::string_view state, std::string_view text) {
  return report('E', "ERROR", state, text);
}
inline std::string fatal(std::string_view state, std::string_view text) {
  return report('E', "FATAL", state, text);
}

}  // namespace bight::test::server
