// Helpers for tests of codecs: values as bytes and back, and as the server's text.
#pragma once
#include <bight/pg/codec.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace bight::pg::samples {

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
  return bytes;
}
inline std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

inline const data_type& type_of(oid id) { return *find_builtin(id); }

/// The value's bytes; "NULL"; or "error: " and what is wrong.
template <class T>
std::string encoded(const T& value, const data_type& type) {
  if (auto why = check_parameter<T>(type); !why.empty()) return "error: " + why;
  std::string bytes;
  codec_error error;
  value_writer out{type, bytes, error};
  const bool is_value = write_value(value, out);
  if (error) return "error: " + error.to_string();
  return is_value ? to_hex(bytes) : "NULL";
}

/// What is wrong with reading these bytes as a T; empty if nothing is.
template <class T>
std::string problem_of(const data_type& type, std::optional<std::string_view> bytes,
                       format f = format::binary) {
  if (auto why = check_result<T>(type, f); !why.empty()) return why;
  codec_error error;
  static_cast<void>(read_value<T>(type, f, bytes, error));
  return error.to_string();
}
template <class T>
std::string hex_problem_of(const data_type& type, std::string_view hex) {
  return problem_of<T>(type, from_hex(hex));
}

template <class T>
T decoded(const data_type& type, std::string_view bytes, format f = format::binary) {
  codec_error error;
  T value = read_value<T>(type, f, bytes, error);
  if (error) throw std::runtime_error(error.to_string());
  return value;
}
template <class T>
T hex_decoded(const data_type& type, std::string_view hex) {
  return decoded<T>(type, from_hex(hex));
}

// ---- the server's text

inline std::string text_of(bool b) { return b ? "true" : "false"; }
inline std::string text_of(char c) { return {c}; }
inline std::string text_of(std::int16_t n) { return std::to_string(n); }
inline std::string text_of(std::int32_t n) { return std::to_string(n); }
inline std::string text_of(std::int64_t n) { return std::to_string(n); }
inline std::string text_of(std::uint32_t n) { return std::to_string(n); }
inline std::string text_of(std::string_view text) { return std::string{text}; }
inline std::string text_of(const std::string& text) { return text; }
inline std::string text_of(const decimal& d) { return d.to_string(); }
inline std::string text_of(const uuid& id) { return id.to_string(); }
inline std::string text_of(const interval& i) { return i.to_string(); }
inline std::string text_of(const time_of_day& t) { return t.to_string(); }
inline std::string text_of(const inet& i) {
  return i.address.to_string() + '/' + std::to_string(i.prefix);  // the cast shows what the output leaves out
}
inline std::string text_of(const cidr& c) { return c.to_string(); }
inline std::string text_of(const macaddr& m) { return m.to_string(); }
inline std::string text_of(const macaddr8& m) { return m.to_string(); }
inline std::string text_of(const std::vector<std::byte>& bytes) {
  return "\\x" + to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}
inline std::string text_of(std::chrono::sys_days date) {
  const std::chrono::year_month_day d{date};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", int(d.year()), unsigned(d.month()), unsigned(d.day()));
  return text;
}
inline std::string text_of(std::chrono::local_time<std::chrono::microseconds> t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  return text_of(std::chrono::sys_days{day.time_since_epoch()}) + ' ' + time_of_day{t - day}.to_string();
}
inline std::string text_of(std::chrono::sys_time<std::chrono::microseconds> t) {
  return text_of(std::chrono::local_time<std::chrono::microseconds>{t.time_since_epoch()}) + "+00";
}
template <class T>
std::string text_of(const maybe_infinite<T>& t) {
  if (t.is_infinity()) return "infinity";
  if (t.is_minus_infinity()) return "-infinity";
  return text_of(t.value());
}
inline std::string quoted(std::string text) {
  return text.empty() || text.find_first_of(" ,") != text.npos ? '"' + text + '"' : text;
}
template <class T>
std::string text_of(const range<T>& r) {
  if (r.empty) return "empty";
  std::string text{r.lower && r.lower_inclusive ? "[" : "("};
  if (r.lower) text += quoted(text_of(*r.lower));
  text += ',';
  if (r.upper) text += quoted(text_of(*r.upper));
  return text + (r.upper && r.upper_inclusive ? "]" : ")");
}
template <class T>
std::string text_of(const std::vector<T>& all) {
  std::string text;
  for (const auto& each : all) {
    text += text.empty() ? "" : ",";
    if constexpr (std::is_same_v<T, std::string>)
      text += quoted(each);
    else
      text += text_of(each);
  }
  return '{' + text + '}';
}
template <class T>
std::string text_of(const multirange<T>& m) {
  return text_of(m.ranges);
}

/// Calls `f` with a pointer to the C++ type that values of this type are read as here; for arrays, by the
/// number of dimensions. Returns: false if there is none.
template <class F>
bool with_type(oid id, std::uint8_t rank, F f) {
  using namespace std::chrono;
  const auto call = [&]<class T>(T* type) {
    f(type);
    return true;
  };
  switch (id) {
    case oids::boolean:
      return call(static_cast<bool*>(nullptr));
    case oids::char_:
      return call(static_cast<char*>(nullptr));
    case oids::int2:
      return call(static_cast<std::int16_t*>(nullptr));
    case oids::int4:
      return call(static_cast<std::int32_t*>(nullptr));
    case oids::int8:
      return call(static_cast<std::int64_t*>(nullptr));
    case oids::oid_:
      return call(static_cast<std::uint32_t*>(nullptr));
    case oids::numeric:
      return call(static_cast<decimal*>(nullptr));
    case oids::bytea:
      return call(static_cast<std::vector<std::byte>*>(nullptr));
    case oids::date:
      return call(static_cast<maybe_infinite<sys_days>*>(nullptr));
    case oids::time:
      return call(static_cast<time_of_day*>(nullptr));
    case oids::timestamp:
      return call(static_cast<maybe_infinite<local_time<microseconds>>*>(nullptr));
    case oids::timestamptz:
      return call(static_cast<maybe_infinite<sys_time<microseconds>>*>(nullptr));
    case oids::interval:
      return call(static_cast<interval*>(nullptr));
    case oids::uuid:
      return call(static_cast<uuid*>(nullptr));
    case oids::inet:
      return call(static_cast<inet*>(nullptr));
    case oids::cidr:
      return call(static_cast<cidr*>(nullptr));
    case oids::macaddr:
      return call(static_cast<macaddr*>(nullptr));
    case oids::macaddr8:
      return call(static_cast<macaddr8*>(nullptr));
    case 22:
      return call(static_cast<array<std::int16_t>*>(nullptr));
    case 1007:
      return rank == 3   ? call(static_cast<std::vector<std::vector<std::vector<int>>>*>(nullptr))
             : rank == 2 ? call(static_cast<std::vector<std::vector<int>>*>(nullptr))
                         : call(static_cast<std::vector<int>*>(nullptr));
    case 1009:
      return call(static_cast<std::vector<std::string>*>(nullptr));
    case 1231:
      return call(static_cast<std::vector<decimal>*>(nullptr));
    case 3904:
      return call(static_cast<range<int>*>(nullptr));
    case 3906:
      return call(static_cast<range<decimal>*>(nullptr));
    case 3910:
      return call(static_cast<range<maybe_infinite<sys_time<microseconds>>>*>(nullptr));
    case 3912:
      return call(static_cast<range<sys_days>*>(nullptr));
    case 4451:
      return call(static_cast<multirange<int>*>(nullptr));
    case 4535:
      return call(static_cast<multirange<sys_days>*>(nullptr));
    case oids::float4:
      return call(static_cast<float*>(nullptr));
    case oids::float8:
      return call(static_cast<double*>(nullptr));
    default:
      return find_builtin(id) && detail::is_text_type(*find_builtin(id)) &&
             call(static_cast<std::string*>(nullptr));
  }
}

inline std::string text_of(double n) {
  char text[32];
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, n);
    if (std::strtod(text, nullptr) == n) break;
  }
  return text;
}
inline std::string text_of(float n) {
  char text[32];
  for (int digits = 1; digits <= 9; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, static_cast<double>(n));
    if (static_cast<float>(std::strtod(text, nullptr)) == n) break;
  }
  return text;
}
template <class T>
std::string text_of(const array<T>& a) {
  std::string text;
  for (const auto& each : a.elements) text += (text.empty() ? "" : " ") + text_of(each);
  return text;  // as int2vector
}

}  // namespace bight::pg::samples
