// decimal: exact decimal numbers, to store and to pass on.
#pragma once
#include <boost/system/result.hpp>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bight {

namespace detail {
struct decimal_access;
}

/// A decimal number of any size, exactly as it was written, or NaN or an infinity: what databases call
/// `numeric`. There is no arithmetic: it carries amounts between databases, JSON and programs without
/// rounding them.
///
///     const bight::decimal price{"19.90"};
///     std::cout << price.to_string();                                // 19.90
///     const std::optional<std::int64_t> cents = price.to_int64(2);   // 1990
///
/// Digits after the point are kept: 1.5 and 1.50 are equal, with the same hash, but are different texts. As
/// in PostgreSQL, NaN is equal to itself and greater than everything else, and there is no negative zero.
/// Default: 0.
class decimal {
 public:
  /// Limits of what `parse` accepts, those of PostgreSQL.
  static constexpr std::size_t max_integer_digits = 131'072;
  static constexpr std::size_t max_scale = 16'383;

  decimal() : text_("0") {}
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  decimal(T value) : text_(std::to_string(value)) {}
  /// As `parse`. Errors: std::invalid_argument, which names the text.
  explicit decimal(std::string_view text);
  explicit decimal(const char* text) : decimal(std::string_view{text}) {}

  /// Reads "12", "-0.50", ".5", "5.", "+1.5e-3" (which is 0.0015), "NaN", "Infinity" and "-inf", the words
  /// in any case; no white space. Errors: std::errc::invalid_argument; result_out_of_range beyond the limits.
  static boost::system::result<decimal> parse(std::string_view text);
  static decimal nan();
  static decimal infinity();
  static decimal minus_infinity();

  bool is_finite() const noexcept { return text_.back() <= '9'; }
  bool is_nan() const noexcept { return text_.front() == 'N'; }
  bool is_infinite() const noexcept { return !is_finite() && !is_nan(); }
  bool is_negative() const noexcept { return text_.front() == '-'; }
  /// Whether it is 0, 0.00 and so on.
  bool is_zero() const noexcept;

  /// The digits before the point, without leading zeros: empty for 0.5. Empty unless finite.
  std::string_view integer_digits() const noexcept;
  /// The digits after the point, with trailing zeros. Empty unless finite.
  std::string_view fraction_digits() const noexcept;
  /// The number of digits after the point.
  std::size_t scale() const noexcept { return fraction_digits().size(); }

  /// Without exponent and superfluous zeros in front: "-0.50", "NaN", "Infinity", "-Infinity".
  const std::string& to_string() const noexcept { return text_; }
  /// The nearest double.
  double to_double() const noexcept;
  /// The number times 10 to the power of `scale`, if that is an integer that fits.
  std::optional<std::int64_t> to_int64(unsigned scale = 0) const noexcept;

  friend std::weak_ordering operator<=>(const decimal& a, const decimal& b) noexcept;
  friend bool operator==(const decimal& a, const decimal& b) noexcept { return (a <=> b) == 0; }

 private:
  friend struct detail::decimal_access;
  struct canonical {};
  decimal(canonical, std::string text) noexcept : text_(std::move(text)) {}

  std::string text_;  // canonical, never empty
};

/// For codecs: a decimal of a text that is what to_string returns, unchecked.
struct detail::decimal_access {
  static decimal make(std::string text) noexcept { return {decimal::canonical{}, std::move(text)}; }
};

}  // namespace bight

template <>
struct std::hash<bight::decimal> {
  std::size_t operator()(const bight::decimal& value) const noexcept;
};
