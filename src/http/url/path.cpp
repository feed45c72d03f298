#include "http/url/path.hpp"

#include <array>
#include <bight/core/detail/ascii.hpp>
#include <cstdint>

#include "http/url/percent.hpp"

namespace bight::http::url_detail {
namespace {

constexpr std::uint8_t slash = 1;
constexpr std::uint8_t backslash = 2;
constexpr std::uint8_t encoded = 4;

// The query and fragment have been cut off before: here a question mark or hash sign is content, to be
// encoded.
constexpr std::array<std::uint8_t, 256> make_path_classes() noexcept {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned byte = 0; byte != 256; ++byte) {
    if (in_set(static_cast<unsigned char>(byte), percent_encode_set::path)) classes[byte] = encoded;
  }
  classes[static_cast<unsigned char>('/')] = slash;
  classes[static_cast<unsigned char>('\\')] = backslash;
  return classes;
}

constexpr auto path_classes = make_path_classes();

// Removes a dot, spelt `.` or `%2e`, from the front.
bool take_dot(std::string_view& text) noexcept {
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    return true;
  }
  if (text.starts_with("%2e") || text.starts_with("%2E")) {
    text.remove_prefix(3);
    return true;
  }
  return false;
}

enum class segment_kind { name, single_dot, double_dot };

segment_kind kind_of(std::string_view segment) noexcept {
  if (!take_dot(segment)) return segment_kind::name;
  if (segment.empty()) return segment_kind::single_dot;
  return take_dot(segment) && segment.empty() ? segment_kind::double_dot : segment_kind::name;
}

void append_name(std::string& out, std::size_t path_begin, std::string_view segment, bool clean,
                 path_style style) {
  const bool first = out.size() == path_begin;
  out.push_back('/');
  if (style.file && first && is_windows_drive_letter(segment)) {
    out.push_back(segment[0]);
    out.push_back(':');
  } else if (clean) {
    out.append(segment);
  } else {
    append_percent_encoded(out, segment, percent_encode_set::path);
  }
}

}  // namespace

bool is_windows_drive_letter(std::string_view text) noexcept {
  return text.size() == 2 && bight::detail::is_alpha(text[0]) && (text[1] == ':' || text[1] == '|');
}

bool starts_with_windows_drive_letter(std::string_view text) noexcept {
  return is_windows_drive_letter(text.substr(0, 2)) &&
         (text.size() == 2 || std::string_view("/\\?#").find(text[2]) != std::string_view::npos);
}

std::string_view normalized_drive_letter(std::string_view path) noexcept {
  const bool found = path.size() >= 3 && path[0] == '/' && bight::detail::is_alpha(path[1]) &&
                     path[2] == ':' && (path.size() == 3 || path[3] == '/');
  return path.substr(0, found ? 3 : 0);
}

void shorten_path(std::string& out, std::size_t path_begin, path_style style) {
  if (out.size() == path_begin) return;
  if (style.file && out.size() - path_begin == 3 &&
      !normalized_drive_letter(std::string_view(out).substr(path_begin)).empty()) {
    return;
  }
  out.resize(out.rfind('/'));
}

void append_path(std::string& out, std::size_t path_begin, std::string_view text, path_style style) {
  const unsigned separator = style.special ? slash | backslash : slash;
  while (true) {
    std::size_t end = 0;
    unsigned seen = 0;
    while (end != text.size()) {
      const unsigned found = path_classes[static_cast<unsigned char>(text[end])];
      if ((found & separator) != 0) break;
      seen |= found;
      ++end;
    }
    const auto segment = text.substr(0, end);
    const bool last = end == text.size();
    const auto kind = kind_of(segment);
    if (kind == segment_kind::name) {
      append_name(out, path_begin, segment, (seen & encoded) == 0, style);
    } else {
      if (kind == segment_kind::double_dot) shorten_path(out, path_begin, style);
      if (last) out.push_back('/');
    }
    if (last) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace bight::http::url_detail
