// Range (RFC 9110 14).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http::files {

/// Bytes of a representation. Never empty.
struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t size = 0;
  friend bool operator==(const byte_range&, const byte_range&) = default;
};

/// What a Range field asks for.
struct range_selection {
  enum class outcome : std::uint8_t {
    everything,     ///< The field is to be ignored.
    parts,          ///< `parts`: neither overlapping nor close to each other, in the order of the field.
    unsatisfiable,  ///< No byte of it exists: 416.
  };
  outcome what = outcome::everything;
  std::vector<byte_range> parts;
};

/// Ranges with a smaller gap are sent as one: the head of a part would be longer than that.
inline constexpr std::uint64_t smallest_gap = 80;

/// Reads the value of a Range field about a representation of `size` bytes. Ignored is a field that is
/// malformed or of another unit, names more than `max_ranges` ranges, or asks for more bytes in all than
/// there are: clients do not need that, and attackers do (RFC 9110 17.15). So is any field about nothing.
range_selection select_ranges(std::string_view field, std::uint64_t size, std::size_t max_ranges);

/// The value of Content-Range: "bytes 0-99/1000".
std::string content_range(const byte_range& range, std::uint64_t size);

}  // namespace bight::http::files
