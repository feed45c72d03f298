#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "crawl/html/scan.hpp"
#include "crawl/select/selector.hpp"

namespace bight::crawl::select {
namespace {

using kind = condition::kind;

bool is_name_char(char c) noexcept {
  return html::is_alpha(c) || html::is_digit(c) || c == '-' || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = html::to_lower(c);
  return out;
}

void append_utf8(std::uint32_t code, std::string& out) {
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = 0xfffd;
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr std::array<unsigned, 4> marks{0, 0xc0, 0xe0, 0xf0};
  out.push_back(static_cast<char>(marks[static_cast<std::size_t>(more)] | (code >> (6 * more))));
  for (int i = more - 1; i >= 0; --i) out.push_back(static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3f)));
}

class parser {
 public:
  explicit parser(std::string_view css) noexcept : css_(css) {}
  std::vector<compound> run();

 private:
  [[noreturn]] void fail(std::string_view why) const { fail_at(at_, why); }
  [[noreturn]] void fail_at(std::size_t at, std::string_view why) const {
    throw selector_error(css_, at, why);
  }
  bool done() const noexcept { return at_ == css_.size(); }
  char peek() const noexcept { return done() ? '\0' : css_[at_]; }
  bool take(char c) noexcept {
    if (done() || css_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool skip_space() noexcept {
    const auto from = at_;
    while (!done() && html::is_space(css_[at_])) ++at_;
    return at_ != from;
  }
  void escape(std::string& out);
  std::string identifier(std::string_view what);
  std::string quoted(char quote);
  combinator relation();
  compound one(bool inside);
  void simple(compound& to, bool inside);
  void attribute(compound& to);
  void pseudo(compound& to, bool inside);
  void function(compound& to, const std::string& name, std::size_t at, bool inside);
  condition position(std::string_view name, std::size_t at);
  std::int32_t number(std::string_view text, std::size_t at) const;

  std::string_view css_;
  std::size_t at_ = 0;
};

void parser::escape(std::string& out) {
  std::uint32_t code = 0;
  int digits = 0;
  for (; digits != 6 && !done() && html::hex_value(peek()) >= 0; ++digits, ++at_)
    code = code * 16 + static_cast<std::uint32_t>(html::hex_value(peek()));
  if (digits != 0) {
    append_utf8(code, out);
    if (!done() && html::is_space(peek())) ++at_;
  } else if (done()) {
    fail("a backslash at the end");
  } else {
    out.push_back(css_[at_++]);
  }
}

std::string parser::identifier(std::string_view what) {
  std::string out;
  const auto from = at_;
  while (!done() && (is_name_char(peek()) || peek() == '\\')) {
    if (take('\\'))
      escape(out);
    else
      out.push_back(css_[at_++]);
  }
  if (out.empty()) fail(std::string{what} + " is missing");
  if (html::is_digit(css_[from])) fail_at(from, std::string{what} + " begins with a digit");
  return out;
}

std::string parser::quoted(char quote) {
  std::string out;
  const auto from = at_ - 1;
  while (!done() && peek() != quote) {
    if (take('\\'))
      escape(out);
    else
      out.push_back(css_[at_++]);
  }
  if (!take(quote)) fail_at(from, "a quote is not closed");
  return out;
}

std::vector<compound> parser::run() {
  std::vector<compound> out;
  if (css_.size() > max_selector_bytes)
    fail_at(max_selector_bytes, "longer than " + std::to_string(max_selector_bytes) + " bytes");
  while (true) {
    auto next = combinator::first;
    do {
      skip_space();
      out.push_back(one(false));
      out.back().relation = next;
      if (out.size() > max_compounds) fail("more than " + std::to_string(max_compounds) + " parts");
      next = relation();
    } while (next != combinator::first);
    out.back().subject = true;
    if (done()) return out;
    if (!take(',')) fail(std::string{"unexpected '"} + peek() + "'");
  }
}

// first: none, the selector ends here.
combinator parser::relation() {
  const bool space = skip_space();
  if (done() || peek() == ',') return combinator::first;
  if (take('>')) return combinator::child;
  if (take('+')) return combinator::adjacent;
  if (take('~')) return combinator::sibling;
  if (peek() == '|') fail("namespaces and '||' are not supported");
  return space ? combinator::descendant : combinator::first;
}

compound parser::one(bool inside) {
  compound out;
  const auto from = at_;
  if (take('*')) {
  } else if (is_name_char(peek()) || peek() == '\\') {
    condition name;
    name.name = lower(identifier("the name of an element"));
    out.all.push_back(std::move(name));
  }
  while (!done() && (peek() == '#' || peek() == '.' || peek() == '[' || peek() == ':')) simple(out, inside);
  if (at_ != from) return out;
  if (done()) fail("a selector is missing");
  fail(std::string{"unexpected '"} + peek() + "'");
}

void parser::simple(compound& to, bool inside) {
  if (take('[')) return attribute(to);
  if (take(':')) return pseudo(to, inside);
  const bool id = css_[at_++] == '#';
  condition made;
  made.what = id ? kind::id : kind::class_;
  made.value = identifier(id ? "an id" : "the name of a class");
  to.all.push_back(std::move(made));
}

void parser::attribute(compound& to) {
  condition made;
  skip_space();
  made.name = lower(identifier("the name of an attribute"));
  skip_space();
  made.what = kind::present;
  if (peek() == '|' && at_ + 1 < css_.size() && css_[at_ + 1] != '=') fail("namespaces are not supported");
  constexpr std::string_view marks = "=~|^$*";
  constexpr std::array<kind, 6> kinds{kind::equal,  kind::word,   kind::dash,
                                      kind::prefix, kind::suffix, kind::contains};
  if (const auto mark = marks.find(peek()); !done() && mark != marks.npos) {
    ++at_;
    if (mark != 0 && !take('=')) fail("'=' is missing");
    made.what = kinds[mark];
    skip_space();
    if (peek() == '"' || peek() == '\'')
      made.value = quoted(css_[at_++]);
    else
      made.value = identifier("a value (numbers need quotes)");
    skip_space();
    if (take('i') || take('I'))
      made.any_case = true;
    else if (!take('s'))
      take('S');
    skip_space();
  }
  if (!take(']')) fail("']' is missing");
  if (made.any_case) made.value = lower(made.value);
  to.all.push_back(std::move(made));
}

void parser::pseudo(compound& to, bool inside) {
  const auto at = at_ - 1;
  if (take(':')) fail_at(at, "pseudo-elements are not supported; use text() or attribute() of the element");
  const auto name = lower(identifier("the name of a pseudo-class"));
  if (take('(')) return function(to, name, at, inside);
  condition made;
  made.what = kind::nth;
  made.offset = 1;
  made.of_type = name.ends_with("-of-type");
  made.from_end = name.starts_with("last-");
  if (name == "empty" || name == "root") {
    made.what = name == "empty" ? kind::empty : kind::root;
  } else if (name == "only-child" || name == "only-of-type") {
    auto last = made;
    last.from_end = true;
    to.all.push_back(std::move(last));
  } else if (name != "first-child" && name != "last-child" && name != "first-of-type" &&
             name != "last-of-type") {
    fail_at(at, "':" + name + "' is not supported");
  }
  to.all.push_back(std::move(made));
}

void parser::function(compound& to, const std::string& name, std::size_t at, bool inside) {
  condition made;
  if (name == "not" || name == "is") {
    if (inside) fail_at(at, "':" + name + "()' within ':not()' or ':is()' is not supported");
    made.what = name == "not" ? kind::not_ : kind::is;
    do {
      skip_space();
      made.list.push_back(one(true));
      skip_space();
      if (made.list.size() > max_compounds) fail("more than " + std::to_string(max_compounds) + " parts");
    } while (take(','));
    if (peek() != ')' && !done()) fail("combinators within ':" + name + "()' are not supported");
  } else {
    made = position(name, at);
  }
  if (!take(')')) fail("')' is missing");
  to.all.push_back(std::move(made));
}

std::int32_t parser::number(std::string_view text, std::size_t at) const {
  constexpr std::int32_t most = 1'000'000;
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int32_t value = 0;
  const auto* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || end != last || value > most || value < -most)
    fail_at(at, "not a position such as 3, odd or 2n+1");
  return value;
}

// An+B
condition parser::position(std::string_view name, std::size_t at) {
  condition made;
  made.what = kind::nth;
  made.of_type = name.ends_with("-of-type");
  made.from_end = name.starts_with("nth-last-");
  if (name != "nth-child" && name != "nth-last-child" && name != "nth-of-type" && name != "nth-last-of-type")
    fail_at(at, "':" + std::string{name} + "()' is not supported");
  const auto from = at_;
  const auto close = std::min(css_.find(')', at_), css_.size());
  std::string text;
  for (const char c : css_.substr(at_, close - at_))
    if (!html::is_space(c)) text.push_back(html::to_lower(c));
  at_ = close;
  if (text == "odd") text = "2n+1";
  if (text == "even") text = "2n";
  const auto n = text.find('n');
  if (n == text.npos) {
    made.offset = number(text, from);
    return made;
  }
  const auto step = text.substr(0, n);
  made.step = step.empty() || step == "+" ? 1 : step == "-" ? -1 : number(step, from);
  const auto rest = text.substr(n + 1);
  if (!rest.empty() && rest[0] != '+' && rest[0] != '-')
    fail_at(from, "not a position such as 3, odd or 2n+1");
  if (!rest.empty()) made.offset = number(rest, from);
  return made;
}

}  // namespace

std::vector<compound> parse_selector(std::string_view css) { return parser{css}.run(); }

}  // namespace bight::crawl::select
