#include <bight/pg/codec.hpp>

namespace bight::pg::detail {

std::uint8_t take_range_flags(value_reader& in) {
  const auto flags = in.take<std::uint8_t>();
  constexpr int known = range_empty | range_lower_inclusive | range_upper_inclusive | range_lower_unbounded |
                        range_upper_unbounded;
  if ((flags & ~known) != 0) in.fail("malformed " + std::string{in.type().name()} + ": unknown flags");
  return flags;
}

std::size_t take_range_count(value_reader& in) {
  const auto n = in.take<std::int32_t>();
  if (in.failed()) return 0;
  // Each range has a length and flags at least.
  if (n >= 0 && static_cast<std::size_t>(n) <= in.remaining() / 5) return static_cast<std::size_t>(n);
  in.fail("malformed " + std::string{in.type().name()} + ": " + std::to_string(n) + " ranges in " +
          std::to_string(in.remaining()) + " bytes");
  return 0;
}

}  // namespace bight::pg::detail
