#include "size.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>

namespace crawler {

std::optional<std::uint64_t> read_size(std::string_view text) {
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || !std::isfinite(value) || value < 0) return std::nullopt;
  std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  double scale = 1;
  if (!unit.empty() && unit.front() != 'B') {
    const auto power = std::string_view{"kMGT"}.find(unit.front() == 'K' ? 'k' : unit.front());
    if (power == std::string_view::npos) return std::nullopt;
    scale = std::pow(1024.0, static_cast<double>(power + 1));
    unit.remove_prefix(1);
  }
  constexpr double largest = 1e18;
  if ((!unit.empty() && unit != "B" && unit != "iB") || value * scale > largest) return std::nullopt;
  return static_cast<std::uint64_t>(value * scale);
}

std::string check_size(const std::string& text) {
  if (read_size(text)) return {};
  return "'" + text + "' is not a size such as 500k, 64M or 1G";
}

}  // namespace crawler
