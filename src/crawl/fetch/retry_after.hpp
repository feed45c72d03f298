// What a response says of its status.
#pragma once
#include <algorithm>
#include <bight/core/clock.hpp>
#include <bight/http/date.hpp>
#include <bight/http/status.hpp>
#include <charconv>
#include <chrono>
#include <string>
#include <string_view>

namespace bight::crawl {

/// The value of Retry-After, seconds or a date (RFC 9110 10.2.3); negative if it is neither.
inline std::chrono::nanoseconds read_retry_after(std::string_view value) {
  unsigned seconds = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (ec == std::errc{} && end == value.data() + value.size()) return std::chrono::seconds{seconds};
  const auto now = std::chrono::floor<std::chrono::seconds>(wall_clock::now());
  const auto date = http::parse_date(value, now);
  return date ? std::max(*date - now, std::chrono::seconds{0}) : std::chrono::nanoseconds{-1};
}

/// "404 Not Found".
inline std::string status_text(http::status code) {
  std::string text = std::to_string(code.code());
  if (const auto phrase = code.reason_phrase(); !phrase.empty()) text.append(" ").append(phrase);
  return text;
}

}  // namespace bight::crawl
