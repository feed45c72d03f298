#include "crawl/html/css_urls.hpp"
#include "crawl/html/char_refs.hpp"
#include "crawl/html/scan.hpp"

namespace bight::crawl::html {
namespace {

constexpr bool is_name_byte(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '\0' ||
         static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool is_newline(char c) noexcept { return c == '\n' || c == '\r' || c == '\f'; }
/// "Non-printable code point": makes an unquoted URL a bad one. NUL has become U+FFFD before, and spaces end
/// the URL.
constexpr bool is_non_printable(char c) noexcept {
  const auto code = static_cast<unsigned char>(c);
  return (code != 0 && code <= 0x08) || code == 0x0B || (code >= 0x0E && code <= 0x1F) || code == 0x7F;
}
}  // namespace

void css_scanner::feed(std::string_view bytes) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  const std::uint64_t base = offset_;
  while (p != end) {
    if (escape_digits_ == no_escape && !skip_lf_) p = skip(p, end);
    if (p == end) break;
    offset_ = base + static_cast<std::uint64_t>(p - bytes.data());
    step(*p++);
  }
  offset_ = base + bytes.size();
}

/// Passes over bytes that change nothing.
const char* css_scanner::skip(const char* p, const char* end) const noexcept {
  if (state_ == state::comment) return find_byte(p, end, '*');
  if (state_ == state::string && target_ == target::none) {
    while (p != end && *p != quote_ && *p != '\\' && !is_newline(*p)) ++p;
  }
  return p;
}

void css_scanner::finish() {
  if (escape_digits_ > 0) end_escape();
  escape_digits_ = no_escape;
  if (state_ == state::url_raw || state_ == state::url_space || state_ == state::string) emit();
  state_ = state::normal;
  prelude_ = prelude::none;
  skip_lf_ = false;
  offset_ = 0;
}

void css_scanner::reset() {
  state_ = state::normal;
  escape_digits_ = no_escape;
  finish();
  dropped_ = 0;
}

void css_scanner::step(char c) {
  if (skip_lf_) {
    skip_lf_ = false;
    if (c == '\n') return;
  }
  if (escape_digits_ != no_escape) return escape(c);
  switch (state_) {
    case state::normal:
      return normal(c);
    case state::word:
      return word(c);
    case state::slash:
      state_ = c == '*' ? state::comment : state::normal;
      if (c == '*') return;
      prelude_ = prelude_ == prelude::import ? prelude::none : prelude_;
      return normal(c);
    case state::comment:
      state_ = c == '*' ? state::comment_star : state::comment;
      return;
    case state::comment_star:
      if (c != '*') state_ = c == '/' ? state::normal : state::comment;
      return;
    case state::string:
      return string(c);
    case state::url_open:
      if (is_space(c)) return;
      url_offset_ = offset_;
      state_ = state::url_raw;
      if (c != '"' && c != '\'') return url_raw(c);
      state_ = state::string;
      quote_ = c;
      return;
    case state::url_raw:
      return url_raw(c);
    case state::url_space:
      if (is_space(c)) return;
      if (c == ')') return emit();
      return bad_url(c);
    case state::bad_url:
      return bad_url(c);
  }
}

void css_scanner::normal(char c) {
  if (is_space(c)) return;
  if (c == '/') {
    state_ = state::slash;
    return;
  }
  if (is_name_byte(c) || c == '\\' || c == '@' || c == '#') {
    word_sign_ = c == '@' || c == '#' ? c : '\0';
    word_size_ = 0;
    state_ = state::word;
    if (word_sign_ == 0) word(c);
    return;
  }
  const auto was = prelude_;
  if (was == prelude::import || c == ';' || c == '{' || c == '}') prelude_ = prelude::none;
  if (c != '"' && c != '\'') return;
  begin_url(was == prelude::import ? target::import : target::none);
  url_offset_ = offset_;
  state_ = state::string;
  quote_ = c;
}

void css_scanner::word(char c) {
  if (c == '\\') {
    escape_digits_ = 0;
  } else if (is_name_byte(c)) {
    add(c);
  } else {
    end_word(c);
  }
}

/// Ends an identifier, at-keyword, hash or number; `c` follows it.
void css_scanner::end_word(char c) {
  const std::string_view name(word_.data(), word_size_);
  const auto was = prelude_;
  state_ = state::normal;
  if (was == prelude::import) prelude_ = prelude::none;
  if (word_sign_ == '@') {
    prelude_ = name == "import" ? prelude::import : name == "namespace" ? prelude::name_space : prelude::none;
  }
  if (c != '(' || word_sign_ != 0 || name != "url") return normal(c);
  begin_url(was == prelude::import       ? target::import
            : was == prelude::name_space ? target::none
                                         : target::url);
  state_ = state::url_open;
}

void css_scanner::string(char c) {
  if (c == quote_) return emit();
  if (c == '\\') {
    escape_digits_ = 0;
  } else if (is_newline(c)) {
    state_ = state::normal;  // bad-string
  } else {
    add(c);
  }
}

void css_scanner::url_raw(char c) {
  if (c == ')') return emit();
  if (is_space(c)) {
    state_ = state::url_space;
  } else if (c == '\\') {
    escape_digits_ = 0;
  } else if (c == '"' || c == '\'' || c == '(' || is_non_printable(c)) {
    bad_url(c);
  } else {
    add(c);
  }
}

void css_scanner::bad_url(char c) {
  state_ = c == ')' ? state::normal : state::bad_url;
  if (c == '\\') escape_digits_ = 0;
}

/// Takes what follows a backslash. An escaped newline continues a string, and is an error elsewhere.
void css_scanner::escape(char c) {
  const int digit = hex_value(c);
  if (digit >= 0 && escape_digits_ < static_cast<std::int8_t>(max_hex_digits)) {
    escape_code_ = (escape_digits_ == 0 ? 0 : escape_code_ * 16) + static_cast<char32_t>(digit);
    ++escape_digits_;
    return;
  }
  if (escape_digits_ > 0) {
    end_escape();
    skip_lf_ = c == '\r';
    if (!is_space(c)) step(c);
    return;
  }
  escape_digits_ = no_escape;
  if (!is_newline(c)) return add(c);
  if (state_ == state::string) {
    skip_lf_ = c == '\r';
  } else if (state_ == state::word) {
    end_word(c);
  } else {
    bad_url(c);
  }
}

void css_scanner::end_escape() {
  escape_digits_ = no_escape;
  const bool bad =
      escape_code_ == 0 || escape_code_ > 0x10FFFF || (escape_code_ >= 0xD800 && escape_code_ <= 0xDFFF);
  add_code(bad ? 0xFFFD : escape_code_);
}

void css_scanner::begin_url(target what) {
  target_ = what;
  url_.clear();
  too_long_ = false;
}

/// Adds a byte to the word or URL at hand.
void css_scanner::add(char c) {
  if (state_ == state::word) {
    // A word longer than the buffer is none of the known ones, which are shorter than it.
    if (word_size_ != word_.size()) word_[word_size_++] = to_lower(c);
    return;
  }
  if (c == '\0') return add_code(0xFFFD);
  if (state_ == state::bad_url || target_ == target::none || too_long_) return;
  too_long_ = url_.size() >= max_url_bytes_;
  if (!too_long_) url_.push_back(c);
}

void css_scanner::add_code(char32_t code) {
  std::string bytes;
  append_utf8(bytes, code);
  for (const char byte : bytes) add(byte);
}

/// Ends the URL or string at hand.
void css_scanner::emit() {
  state_ = state::normal;
  if (target_ == target::none) return;
  const bool import = target_ == target::import;
  target_ = target::none;
  if (too_long_) {
    ++dropped_;
    return;
  }
  const auto url = trim_url(url_);
  if (!url.empty() && url.front() != '#') handler_.on_css_url(import, url, url_offset_);
}

}  // namespace bight::crawl::html
