// Integers in network byte order, and bounded reading of them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace bight::pg::wire {

inline std::uint16_t load16(const char* p) noexcept {
  std::uint16_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap16(v);
}
inline std::uint32_t load32(const char* p) noexcept {
  std::uint32_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap32(v);
}
inline void store16(char* p, std::uint16_t v) noexcept {
  v = __builtin_bswap16(v);
  std::memcpy(p, &v, sizeof v);
}
inline void store32(char* p, std::uint32_t v) noexcept {
  v = __builtin_bswap32(v);
  std::memcpy(p, &v, sizeof v);
}
inline void append16(std::string& to, std::uint16_t v) {
  char bytes[sizeof v];
  store16(bytes, v);
  to.append(bytes, sizeof bytes);
}
inline void append32(std::string& to, std::uint32_t v) {
  char bytes[sizeof v];
  store32(bytes, v);
  to.append(bytes, sizeof bytes);
}

/// Reads from a message. What is read beyond the end is zero or empty, and `ok` is false from then on.
class byte_reader {
 public:
  explicit byte_reader(std::string_view bytes) noexcept : rest_(bytes) {}

  bool ok() const noexcept { return ok_; }
  /// Everything was there and was read.
  bool complete() const noexcept { return ok_ && rest_.empty(); }
  std::string_view rest() const noexcept { return rest_; }

  std::string_view take(std::size_t n) noexcept {
    if (n > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto part = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return part;
  }
  char byte() noexcept {
    const auto part = take(1);
    return part.empty() ? '\0' : part.front();
  }
  std::uint16_t u16() noexcept {
    const auto part = take(sizeof(std::uint16_t));
    return part.empty() ? std::uint16_t{0} : load16(part.data());
  }
  std::uint32_t u32() noexcept {
    const auto part = take(sizeof(std::uint32_t));
    return part.empty() ? 0 : load32(part.data());
  }
  std::int32_t i32() noexcept { return static_cast<std::int32_t>(u32()); }
  /// A text up to a null byte, which is consumed.
  std::string_view text() noexcept {
    const auto end = rest_.find('\0');
    if (end == rest_.npos) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto part = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return part;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace bight::pg::wire
