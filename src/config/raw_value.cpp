#include <bight/config/detail/raw_value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace bight::config::detail {
namespace {

using kind = raw_value::kind;

std::string quoted(const raw_value& v) {
  switch (v.type) {
    case kind::boolean:
      return v.boolean ? "true" : "false";
    case kind::integer:
      return std::to_string(v.integer);
    case kind::floating:
      return show_floating(v.floating);
    case kind::list:
      return "a list";
    case kind::table:
      return "a table";
    case kind::date:
      return "a date";
    default:
      return '\'' + v.string + '\'';
  }
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class T>
bool parse_number(std::string_view text, T& to) noexcept {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), to);
  return ec == std::errc{} && end == text.data() + text.size();
}

struct unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
// The largest first.
constexpr std::array<unit, 7> units{{{"d", 86'400'000'000'000},
                                     {"h", 3'600'000'000'000},
                                     {"min", 60'000'000'000},
                                     {"s", 1'000'000'000},
                                     {"ms", 1'000'000},
                                     {"us", 1'000},
                                     {"ns", 1}}};

// "1.5h" or "30 min" at the begin of the text, which is removed from it.
std::int64_t take_duration(std::string_view& text, const raw_value& v) {
  double count = 0;
  const auto [end, ec] =
      std::from_chars(text.data(), text.data() + text.size(), count, std::chars_format::fixed);
  if (ec != std::errc{}) throw bad_value(quoted(v) + " is not a duration, such as 500ms or 1h 30min");
  text = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
  std::size_t size = 0;
  while (size != text.size() && text[size] >= 'a' && text[size] <= 'z') ++size;
  const auto name = text.substr(0, size);
  const auto found = std::find_if(units.begin(), units.end(), [&](const unit& u) { return u.name == name; });
  if (found == units.end())
    throw bad_value(quoted(v) + (name.empty() ? " needs a unit" : " has an unknown unit") +
                    ": ns, us, ms, s, min, h or d");
  text = trimmed(text.substr(size));
  const auto n = std::round(count * static_cast<double>(found->nanoseconds));
  if (!(std::abs(n) <= 9.2e18)) throw bad_value(quoted(v) + " is too long");
  return static_cast<std::int64_t>(n);
}

}  // namespace

bool to_boolean(const raw_value& v) {
  if (v.type == kind::boolean) return v.boolean;
  if (v.type == kind::text) {
    const std::string_view text = v.string;
    if (text == "true" || text == "yes" || text == "on" || text == "1") return true;
    if (text == "false" || text == "no" || text == "off" || text == "0") return false;
  }
  throw bad_value(quoted(v) + " is neither true nor false");
}

std::int64_t to_integer(const raw_value& v, std::int64_t low, std::uint64_t high) {
  std::int64_t n = v.integer;
  std::uint64_t large = 0;
  bool is_large = false;
  if (v.type == kind::text) {
    const auto text = trimmed(v.string);
    if (!parse_number(text, n)) is_large = parse_number(text, large);
    if (!is_large && !parse_number(text, n)) throw bad_value(quoted(v) + " is not an integer");
  } else if (v.type != kind::integer) {
    throw bad_value(quoted(v) + " is not an integer");
  }
  const bool fits = is_large ? large <= high : n >= low && (n < 0 || static_cast<std::uint64_t>(n) <= high);
  if (!fits)
    throw bad_value((is_large ? std::to_string(large) : std::to_string(n)) + " is not within " +
                    std::to_string(low) + " to " + std::to_string(high));
  return is_large ? static_cast<std::int64_t>(large) : n;
}

double to_floating(const raw_value& v) {
  if (v.type == kind::floating) return v.floating;
  if (v.type == kind::integer) return static_cast<double>(v.integer);
  double d = 0;
  if (v.type == kind::text && parse_number(trimmed(v.string), d)) return d;
  throw bad_value(quoted(v) + " is not a number");
}

std::string to_string(const raw_value& v) {
  if (v.type == kind::string || v.type == kind::text) return v.string;
  throw bad_value(quoted(v) + " is not a text");
}

std::int64_t to_nanoseconds(const raw_value& v) {
  if (v.type != kind::string && v.type != kind::text)
    throw bad_value(quoted(v) + " is not a duration, such as \"500ms\" or \"1h 30min\"");
  auto text = trimmed(v.string);
  std::int64_t sum = 0;
  do {
    const auto part = take_duration(text, v);
    if (__builtin_add_overflow(sum, part, &sum)) throw bad_value(quoted(v) + " is too long");
  } while (!text.empty());
  return sum;
}

std::size_t to_choice(const raw_value& v, std::span<const std::string_view> names) {
  std::string all;
  for (std::size_t i = 0; i != names.size(); ++i) {
    if ((v.type == kind::string || v.type == kind::text) && v.string == names[i]) return i;
    all += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + std::string{names[i]};
  }
  throw bad_value(quoted(v) + " is not " + all);
}

std::vector<raw_value> to_items(const raw_value& v) {
  if (v.type == kind::list) return v.items;
  if (v.type != kind::text) throw bad_value("it is not a list");  // of secrets, perhaps
  std::vector<raw_value> items;
  std::string_view rest = v.string;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    auto& item = items.emplace_back();
    item.string = trimmed(rest.substr(0, comma));
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
  }
  return items;
}

std::string show_floating(double d) {
  if (std::isnan(d)) return "nan";
  if (std::isinf(d)) return d < 0 ? "-inf" : "inf";
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), d).ptr;
  std::string shown(text.data(), end);
  if (shown.find_first_of(".e") == shown.npos) shown += ".0";
  return shown;
}

std::string show_string(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string shown = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      shown += '\\';
      shown += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      shown += "\\u00";
      shown += digits[byte >> 4U];
      shown += digits[byte & 15U];
    } else {
      shown += c;
    }
  }
  return shown + '"';
}

std::string show_key(std::string_view name) {
  constexpr std::string_view bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  return !name.empty() && name.find_first_not_of(bare) == name.npos ? std::string{name} : show_string(name);
}

std::string show_nanoseconds(std::int64_t n) {
  const auto fits =
      std::find_if(units.begin(), units.end(), [&](const unit& u) { return n % u.nanoseconds == 0; });
  if (n == 0) return "\"0s\"";
  return '"' + std::to_string(n / fits->nanoseconds) + std::string{fits->name} + '"';
}

}  // namespace bight::config::detail
