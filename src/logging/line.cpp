#include "logging/line.hpp"

#include <algorithm>
#include <bight/core/detail/utf8.hpp>

namespace bight::logging::detail {
namespace {

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

void append_hex(std::string& to, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  to += digits[byte >> 4U];
  to += digits[byte & 15U];
}

void append_json(std::string& to, std::string_view text) {
  to += '"';
  while (!text.empty()) {
    const char c = text.front();
    const auto sequence = bight::detail::first_of_utf8(text);
    if (!sequence.valid) {
      to += bight::detail::utf8_replacement;
    } else if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (c == '\n') {
      to += "\\n";
    } else if (c == '\t') {
      to += "\\t";
    } else if (is_control(c)) {
      to += "\\u00";
      append_hex(to, c);
    } else {
      to += text.substr(0, sequence.length);
    }
    text.remove_prefix(sequence.length);
  }
  to += '"';
}

void append_message(std::string& to, std::string_view message) {
  while (message.ends_with('\n')) message.remove_suffix(1);
  for (const char c : message) {
    if (c == '\n') {
      to += "\n    ";
    } else if (c != '\t' && is_control(c)) {
      to += "\\x";
      append_hex(to, c);
    } else {
      to += c;
    }
  }
}

bool needs_quotes(std::string_view text) noexcept {
  return text.empty() || std::any_of(text.begin(), text.end(), [](char c) {
           return c == ' ' || c == '"' || c == '=' || c == '\\' || is_control(c);
         });
}

void append_key(std::string& to, std::string_view key) {
  for (const char c : key) to += c == ' ' || c == '"' || c == '=' || c == '\\' || is_control(c) ? '_' : c;
}

}  // namespace

std::string text_line(std::string_view name, std::string_view message, std::span<const field> fields) {
  std::string line{name};
  line += ": ";
  append_message(line, message);
  for (const auto& f : fields) {
    line += ' ';
    append_key(line, f.key);
    line += '=';
    if (f.value.is_text() && needs_quotes(f.value.text()))
      append_json(line, f.value.text());
    else
      line += f.value.text();
  }
  return line;
}

std::string json_line(std::string_view name, std::string_view message, std::span<const field> fields) {
  std::string line = "\"logger\":";
  append_json(line, name);
  line += ",\"message\":";
  append_json(line, message);
  for (const auto& f : fields) {
    line += ',';
    append_json(line, f.key);
    line += ':';
    if (f.value.is_text())
      append_json(line, f.value.text());
    else
      line += f.value.text();
  }
  return line;
}

}  // namespace bight::logging::detail
