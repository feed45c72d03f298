#include <bight/decimal.hpp>

#include <algorithm>
#include <bight/core/detail/ascii.hpp>
#include <boost/system/errc.hpp>
#include <charconv>
#include <limits>
#include <stdexcept>
#include <utility>

namespace bight {
namespace {

bool equals_word(std::string_view text, std::string_view lower) noexcept {
  return std::ranges::equal(text, lower, {}, detail::to_lower);
}

std::string_view take_digits(std::string_view& rest) noexcept {
  const auto n = static_cast<std::size_t>(std::ranges::find_if_not(rest, detail::is_digit) - rest.begin());
  const auto digits = rest.substr(0, n);
  rest.remove_prefix(n);
  return digits;
}

// A number in scientific notation, in parts.
struct number_parts {
  std::string_view integer;
  std::string_view fraction;
  std::int64_t exponent = 0;
};

std::optional<number_parts> split_number(std::string_view rest) noexcept {
  number_parts p;
  p.integer = take_digits(rest);
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    p.fraction = take_digits(rest);
  }
  if (p.integer.empty() && p.fraction.empty()) return std::nullopt;
  if (rest.empty()) return p;
  if (detail::to_lower(rest.front()) != 'e') return std::nullopt;
  rest.remove_prefix(1);
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  const auto digits = take_digits(rest);
  if (digits.empty() || !rest.empty()) return std::nullopt;
  // What does not fit is far beyond the limits, except for 0.
  constexpr std::int64_t huge = 1'000'000'000'000;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), p.exponent).ec != std::errc{})
    p.exponent = huge;
  p.exponent = std::min(p.exponent, huge);
  if (negative) p.exponent = -p.exponent;
  return p;
}

// Compares fractions of different lengths: what is missing is zeros.
std::strong_ordering compare_fractions(std::string_view a, std::string_view b) noexcept {
  const auto common = std::min(a.size(), b.size());
  if (const auto order = a.substr(0, common) <=> b.substr(0, common); order != 0) return order;
  const auto is_nonzero = [](std::string_view rest) { return rest.find_first_not_of('0') != rest.npos; };
  return is_nonzero(a.substr(common)) <=> is_nonzero(b.substr(common));
}

std::strong_ordering compare_magnitudes(const decimal& a, const decimal& b) noexcept {
  const auto x = a.integer_digits(), y = b.integer_digits();
  if (x.size() != y.size()) return x.size() <=> y.size();
  if (const auto order = x <=> y; order != 0) return order;
  return compare_fractions(a.fraction_digits(), b.fraction_digits());
}

// The order of the kinds: -Infinity, finite numbers, Infinity, NaN.
int rank_of(const decimal& d) noexcept {
  if (d.is_finite()) return 1;
  if (d.is_nan()) return 3;
  return d.is_negative() ? 0 : 2;
}

}  // namespace

decimal::decimal(std::string_view text) {
  auto parsed = parse(text);
  if (!parsed)
    throw std::invalid_argument(
        "bight::decimal: \"" + std::string{text.substr(0, 100)} + "\" is " +
        (parsed.error() == std::errc::result_out_of_range ? "too long" : "not a number"));
  text_ = std::move(parsed->text_);
}

boost::system::result<decimal> decimal::parse(std::string_view text) {
  namespace errc = boost::system::errc;
  const bool negative = text.starts_with('-');
  auto rest = text;
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.size() == text.size() && equals_word(rest, "nan")) return nan();
  if (equals_word(rest, "infinity") || equals_word(rest, "inf"))
    return negative ? minus_infinity() : infinity();
  const auto parts = split_number(rest);
  if (!parts) return errc::make_error_code(errc::invalid_argument);

  auto integer = parts->integer;
  integer.remove_prefix(std::min(integer.find_first_not_of('0'), integer.size()));
  const auto fraction = parts->fraction;
  const auto leading = std::min(fraction.find_first_not_of('0'), fraction.size());
  const bool zero = integer.empty() && leading == fraction.size();
  // The significant digits end `scale` places behind the point and begin `size` places before it.
  const auto scale = static_cast<std::int64_t>(fraction.size()) - parts->exponent;
  const auto size = parts->exponent + (integer.empty() ? -static_cast<std::int64_t>(leading)
                                                       : static_cast<std::int64_t>(integer.size()));
  if (scale > static_cast<std::int64_t>(max_scale) ||
      (!zero && size > static_cast<std::int64_t>(max_integer_digits)))
    return errc::make_error_code(errc::result_out_of_range);

  std::string digits{zero ? std::string_view{} : integer};
  digits += zero ? std::string_view{} : fraction;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (scale < 0 && !zero) digits.append(static_cast<std::size_t>(-scale), '0');
  const auto kept = static_cast<std::size_t>(std::max<std::int64_t>(scale, 0));
  if (digits.size() < kept + 1) digits.insert(0, kept + 1 - digits.size(), '0');
  if (kept != 0) digits.insert(digits.size() - kept, 1, '.');
  if (negative && !zero) digits.insert(0, 1, '-');
  return decimal{canonical{}, std::move(digits)};
}

decimal decimal::nan() { return {canonical{}, "NaN"}; }
decimal decimal::infinity() { return {canonical{}, "Infinity"}; }
decimal decimal::minus_infinity() { return {canonical{}, "-Infinity"}; }

bool decimal::is_zero() const noexcept {
  return is_finite() && text_.find_first_not_of("0.") == std::string::npos;
}

std::string_view decimal::integer_digits() const noexcept {
  if (!is_finite()) return {};
  std::string_view digits = text_;
  if (is_negative()) digits.remove_prefix(1);
  digits = digits.substr(0, digits.find('.'));
  return digits == "0" ? std::string_view{} : digits;
}

std::string_view decimal::fraction_digits() const noexcept {
  const auto point = text_.find('.');
  return point == std::string::npos ? std::string_view{} : std::string_view{text_}.substr(point + 1);
}

double decimal::to_double() const noexcept {
  if (is_nan()) return std::numeric_limits<double>::quiet_NaN();
  const double sign = is_negative() ? -1 : 1;
  if (!is_finite()) return sign * std::numeric_limits<double>::infinity();
  double value = 0;
  const auto end = text_.data() + text_.size();
  if (std::from_chars(text_.data(), end, value).ec != std::errc::result_out_of_range) return value;
  return integer_digits().empty() ? sign * 0.0 : sign * std::numeric_limits<double>::infinity();
}

std::optional<std::int64_t> decimal::to_int64(unsigned scale) const noexcept {
  if (!is_finite()) return std::nullopt;
  const auto fraction = fraction_digits();
  std::int64_t value = 0;
  // Downwards for both signs: the lowest number has no positive counterpart.
  const auto push = [&value](char digit) {
    return !__builtin_mul_overflow(value, 10, &value) && !__builtin_sub_overflow(value, digit - '0', &value);
  };
  for (const char c : integer_digits())
    if (!push(c)) return std::nullopt;
  for (std::size_t i = 0; i < scale && (value != 0 || i < fraction.size()); ++i)
    if (!push(i < fraction.size() ? fraction[i] : '0')) return std::nullopt;
  if (fraction.size() > scale && fraction.find_first_not_of('0', scale) != fraction.npos) return std::nullopt;
  if (is_negative()) return value;
  if (value == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return -value;
}

std::weak_ordering operator<=>(const decimal& a, const decimal& b) noexcept {
  const int x = rank_of(a), y = rank_of(b);
  if (x != y) return x <=> y;
  if (x != 1) return std::weak_ordering::equivalent;
  if (a.is_negative() != b.is_negative()) return b.is_negative() <=> a.is_negative();
  return a.is_negative() ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
}

}  // namespace bight

std::size_t std::hash<bight::decimal>::operator()(const bight::decimal& value) const noexcept {
  std::string_view text = value.to_string();
  if (text.find('.') != text.npos) {  // equal numbers may differ in the zeros at the end
    text = text.substr(0, text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.remove_suffix(1);
  }
  return std::hash<std::string_view>{}(text);
}
