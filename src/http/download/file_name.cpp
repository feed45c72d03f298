#include <algorithm>
#include <bight/core/detail/utf8.hpp>
#include <bight/http/download.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "http/download/clean_name.hpp"
#include "http/extended_value.hpp"
#include "http/parameters.hpp"

namespace bight::http {
namespace {

constexpr std::size_t max_name = 200;  // with room for ".part.info" in the 255 bytes of a file system

std::string unescape(const parameter_view& p) {
  std::string out;
  for (std::size_t i = 0; i != p.value.size(); ++i) {
    if (p.quoted && p.value[i] == '\\' && i + 1 != p.value.size()) ++i;
    out += p.value[i];
  }
  return bight::detail::is_utf8(out) ? out : from_latin1(out);
}

// C0 and C1 controls, DEL: a terminal would obey them.
std::string without_controls(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto sequence = bight::detail::first_of_utf8(text);
    const auto character = text.substr(0, sequence.length);
    text.remove_prefix(sequence.length);
    if (!sequence.valid) continue;
    const auto first = static_cast<unsigned char>(character[0]);
    const bool c1 = first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
    if (first >= 0x20 && first != 0x7f && !c1) out += character;
  }
  return out;
}

// Cuts before the extension, at the end of a character.
std::string shortened(std::string name) {
  if (name.size() <= max_name) return name;
  constexpr std::size_t longest_extension = 20;
  const auto dot = name.rfind('.');
  std::string extension;
  if (dot != name.npos && name.size() - dot <= longest_extension) extension = name.substr(dot);
  name.resize(max_name - extension.size());
  name.resize(bight::detail::utf8_prefix(name));
  return name + extension;
}

}  // namespace

std::string clean_file_name(std::string_view name) {
  auto out = without_controls(name);
  if (const auto slash = out.find_last_of("/\\"); slash != out.npos) out.erase(0, slash + 1);
  out.erase(0, std::min(out.find_first_not_of(". "), out.size()));
  out.erase(out.find_last_not_of(". ") + 1);
  return shortened(std::move(out));
}

namespace {

std::string from_disposition(std::string_view value) {
  std::string plain;
  std::string extended;
  const auto semicolon = value.find(';');
  if (semicolon == value.npos) return {};
  for_each_parameter(value.substr(semicolon), [&](const parameter_view& p) {
    if (extended.empty() && equal_ignoring_case(p.name, "filename*"))
      extended = clean_file_name(read_extended_value(p.value).value_or(std::string{}));
    else if (plain.empty() && equal_ignoring_case(p.name, "filename"))
      plain = clean_file_name(unescape(p));
  });
  return extended.empty() ? plain : extended;
}

}  // namespace

std::string file_name_of(headers_view fields, const url& where) {
  if (const auto value = fields.get(header_id::content_disposition)) {
    auto name = from_disposition(*value);
    if (!name.empty()) return name;
  }
  return file_name_of(where);
}

std::string file_name_of(const url& where) {
  const auto path = where.path();
  // A slash that is encoded is not the end of a component.
  auto name = percent_decode(path.substr(path.rfind('/') + 1));
  std::replace(name.begin(), name.end(), '/', '_');
  std::replace(name.begin(), name.end(), '\\', '_');
  auto cleaned = clean_file_name(name);
  return cleaned.empty() ? "index.html" : cleaned;
}

}  // namespace bight::http
