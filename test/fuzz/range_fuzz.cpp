// Properties: selected ranges are within the file, apart from each other and not too many; they are what
// selecting them again gives; and how a field is written changes nothing. The first two bytes of the input
// choose the size of the file, the rest is the value of Range.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/require.hpp"
#include "http/files/ranges.hpp"

namespace {

using namespace bight::http::files;
using outcome = range_selection::outcome;

constexpr std::size_t max_ranges = 8;

void check(const range_selection& s, std::uint64_t size) {
  require((s.what == outcome::parts) == !s.parts.empty());
  require(s.parts.size() <= max_ranges);
  auto sorted = s.parts;
  std::sort(sorted.begin(), sorted.end(), [](auto a, auto b) { return a.first < b.first; });
  std::uint64_t end = 0;
  for (const auto& r : sorted) {
    require(r.size != 0 && r.first < size && r.size <= size - r.first);
    require(&r == sorted.data() || (r.first > end && r.first - end >= smallest_gap));
    end = r.first + r.size;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint64_t of = data[0] == 0xff ? ~std::uint64_t{0} >> (data[1] % 64U) : data[0] * 256U + data[1];
  const std::string_view field(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto selected = select_ranges(field, of, max_ranges);
  check(selected, of);
  if (selected.what != outcome::parts) return 0;
  std::string again = "BYTES=";
  for (const auto& r : selected.parts)
    again += std::to_string(r.first) + '-' + std::to_string(r.first + r.size - 1) + " , ,";
  require(select_ranges(again, of, max_ranges).parts == selected.parts);
  return 0;
}
