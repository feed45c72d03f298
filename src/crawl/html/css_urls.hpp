// The URLs of style sheets: url() and @import, found by the rules of CSS Syntax 3.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bight::crawl::html {

/// Who is told of URLs in style sheets.
class css_handler {
 public:
  /// `url` is unescaped and trimmed, not empty, and no mere fragment (which CSS resolves inside the
  /// document).
  virtual void on_css_url(bool import, std::string_view url, std::uint64_t offset) = 0;

 protected:
  ~css_handler() = default;
};

/// Reads a style sheet, or the value of a style attribute, in pieces of any size.
/// It keeps apart the tokens that can hide or fake a url(): comments, strings, identifiers, escapes, bad
/// URLs. URLs of
/// @namespace are names, not addresses, and are left out. Malformed URLs are dropped, as in a browser.
class css_scanner {
 public:
  css_scanner(css_handler& handler, std::size_t max_url_bytes)
      : handler_(handler), max_url_bytes_(max_url_bytes) {}
  void feed(std::string_view bytes);
  /// Ends the style sheet, completing an unclosed url() or string; then ready for another one.
  void finish();
  /// URLs over the limit, in all style sheets so far.
  std::uint64_t dropped() const noexcept { return dropped_; }
  void reset();

 private:
  enum class state : std::uint8_t {
    normal,
    word,
    slash,
    comment,
    comment_star,
    string,
    url_open,
    url_raw,
    url_space,
    bad_url
  };
  enum class target : std::uint8_t { none, url, import };
  enum class prelude : std::uint8_t { none, import, name_space };  // what the next URL would be
  static constexpr std::int8_t no_escape = -1;
  static constexpr std::size_t max_hex_digits = 6;

  const char* skip(const char* p, const char* end) const noexcept;
  void step(char c);
  void normal(char c);
  void word(char c);
  void string(char c);
  void url_raw(char c);
  void bad_url(char c);
  void escape(char c);
  void end_escape();
  void end_word(char c);
  void begin_url(target what);
  void add(char c);
  void add_code(char32_t code);
  void emit();

  css_handler& handler_;
  std::size_t max_url_bytes_;
  std::uint64_t offset_ = 0;  // of the byte at hand
  std::uint64_t url_offset_ = 0;
  std::uint64_t dropped_ = 0;
  std::string url_;
  state state_ = state::normal;
  target target_ = target::none;
  prelude prelude_ = prelude::none;
  char quote_ = '"';
  bool too_long_ = false;
  bool skip_lf_ = false;  // a CR was taken as the newline of an escape; its LF is part of it
  std::int8_t escape_digits_ = no_escape;
  char32_t escape_code_ = 0;
  char word_sign_ = 0;  // '@' or '#' if the word follows one
  std::size_t word_size_ = 0;
  std::array<char, 10> word_{};
};

}  // namespace bight::crawl::html
