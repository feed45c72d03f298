// numeric: a sign, a scale, and digits of base 10,000.
#include <bight/pg/codec.hpp>

#include <algorithm>
#include <array>

namespace bight::pg {
namespace {

enum numeric_sign : std::uint16_t {
  sign_positive = 0x0000,
  sign_negative = 0x4000,
  sign_nan = 0xC000,
  sign_infinity = 0xD000,
  sign_minus_infinity = 0xF000,
};

constexpr std::size_t group_size = 4;  // decimal digits in a digit of base 10,000
constexpr std::uint16_t group_base = 10'000;

constexpr auto two_digits = [] {
  std::array<char, 200> table{};
  for (std::size_t i = 0; i != 100; ++i) {
    table[2 * i] = static_cast<char>('0' + i / 10);
    table[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return table;
}();

void append_group(std::string& to, std::uint16_t group) {
  to.append(&two_digits[2 * (group / 100U)], 2);
  to.append(&two_digits[2 * (group % 100U)], 2);
}

struct numeric_head {
  std::size_t groups = 0;
  std::int32_t weight = 0;  // of the first group, as a power of the base
  std::uint16_t sign = sign_positive;
  std::size_t scale = 0;
};

numeric_head take_head(value_reader& in) {
  numeric_head head;
  head.groups = in.take<std::uint16_t>();
  head.weight = in.take<std::int16_t>();
  head.sign = in.take<std::uint16_t>();
  head.scale = in.take<std::uint16_t>();
  return head;
}

// The groups as text, from the weight of the first one, or from 0, to the last one that the scale needs; what
// is not transferred is zero.
std::string take_digits(const numeric_head& head, value_reader& in) {
  const auto before = static_cast<std::size_t>(std::max(head.weight + 1, 0));
  const auto behind = (head.scale + group_size - 1) / group_size;
  const auto leading = static_cast<std::size_t>(std::max(-1 - head.weight, 0));
  std::string digits;
  digits.reserve((before + behind + head.groups) * group_size);
  digits.append(std::min(leading, behind) * group_size, '0');
  for (std::size_t i = 0; i != head.groups; ++i) {
    const auto group = in.take<std::uint16_t>();
    if (group >= group_base) in.fail("malformed numeric: digit " + std::to_string(group));
    if (in.failed()) return {};
    append_group(digits, group);
  }
  // What the scale hides is zeros, to fill up the last group.
  const auto wanted = before * group_size + head.scale;
  if (digits.find_first_not_of('0', std::min(wanted, digits.size())) != std::string::npos)
    in.fail("malformed numeric: digits behind its scale");
  digits.resize(wanted, '0');
  return digits;
}

decimal to_decimal(bool is_negative, std::string digits, std::size_t scale) {
  const bool zero = digits.find_first_not_of('0') == std::string::npos;
  const auto integer = digits.size() - scale;
  const auto first = std::min(digits.find_first_not_of('0'), integer);
  digits.erase(0, first);
  if (first == integer) digits.insert(0, 1, '0');
  if (scale != 0) digits.insert(digits.size() - scale, 1, '.');
  if (is_negative && !zero) digits.insert(0, 1, '-');
  return bight::detail::decimal_access::make(std::move(digits));
}

}  // namespace

decimal codec<decimal>::decode(value_reader& in) {
  const auto head = take_head(in);
  switch (head.sign) {
    case sign_nan:
      return decimal::nan();
    case sign_infinity:
      return decimal::infinity();
    case sign_minus_infinity:
      return decimal::minus_infinity();
    case sign_positive:
    case sign_negative:
      break;
    default:
      in.fail("malformed numeric: sign " + std::to_string(head.sign));
  }
  if (head.scale > decimal::max_scale) in.fail("malformed numeric: scale " + std::to_string(head.scale));
  if (in.failed()) return {};
  auto digits = take_digits(head, in);
  if (in.failed()) return {};
  return to_decimal(head.sign == sign_negative, std::move(digits), head.scale);
}

void codec<decimal>::encode(const decimal& value, value_writer& out) {
  const auto integer = value.integer_digits(), fraction = value.fraction_digits();
  if (!value.is_finite()) {
    out.put<std::uint32_t>(0);
    out.put<std::uint16_t>(value.is_nan()        ? sign_nan
                           : value.is_negative() ? sign_minus_infinity
                                                 : sign_infinity);
    return out.put<std::uint16_t>(0);
  }
  // Filled up to whole groups on both sides of the point.
  std::string digits((group_size - integer.size() % group_size) % group_size, '0');
  digits.append(integer);
  const auto before = digits.size() / group_size;
  digits.append(fraction);
  digits.append((group_size - fraction.size() % group_size) % group_size, '0');

  const auto first = std::min(digits.find_first_not_of('0'), digits.size()) / group_size;
  const auto end =
      digits.find_last_not_of('0') == digits.npos ? first : digits.find_last_not_of('0') / group_size + 1;
  const bool zero = first == end;
  out.put(static_cast<std::uint16_t>(end - first));
  out.put(static_cast<std::int16_t>(
      zero ? 0 : static_cast<std::int32_t>(before) - 1 - static_cast<std::int32_t>(first)));
  out.put<std::uint16_t>(value.is_negative() ? sign_negative : sign_positive);
  out.put(static_cast<std::uint16_t>(fraction.size()));
  for (auto i = first * group_size; i != end * group_size; i += group_size) {
    const auto digit = [&](std::size_t at) { return static_cast<std::uint16_t>(digits[i + at] - '0'); };
    out.put(static_cast<std::uint16_t>(digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3)));
  }
}

}  // namespace bight::pg
