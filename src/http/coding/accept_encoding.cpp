#include "http/coding/accept_encoding.hpp"

#include <algorithm>
#include <cstddef>

#include "http/h1/chars.hpp"
#include "http/parameters.hpp"

namespace bight::http::coding {

std::optional<std::uint16_t> parse_weight(std::string_view text) noexcept {
  constexpr std::size_t longest = 5;  // "0.123"
  if (text.empty() || text.size() > longest || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  unsigned value = text[0] == '1' ? 1000 : 0;
  unsigned unit = 100;
  for (std::size_t i = 2; i < text.size(); ++i, unit /= 10) {
    if (!h1::is_digit(text[i])) return std::nullopt;
    value += static_cast<unsigned>(text[i] - '0') * unit;
  }
  if (value > 1000) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

std::string_view to_string(content_coding coding) noexcept {
  constexpr std::array<std::string_view, 3> codings{"gzip", "br", "zstd"};
  return codings[static_cast<std::size_t>(coding)];
}

accepted_codings::accepted_codings(headers_view request) noexcept {
  for (const auto line : request.get_all(header_id::accept_encoding)) {
    h1::for_each_element(line, [this](std::string_view element) {
      add(element);
      return true;
    });
  }
}

// Of a coding that is listed twice, the first counts.
void accepted_codings::add(std::string_view element) noexcept {
  const auto name = h1::trim_ows(element.substr(0, element.find(';')));
  std::optional<std::uint16_t> weight{1000};
  for_each_parameter(element.substr(std::min(element.find(';'), element.size())),
                     [&weight](const parameter_view& p) {
                       if (equal_ignoring_case(p.name, "q")) weight = parse_weight(p.value);
                     });
  if (!weight) return;
  auto* entry = &others_;
  if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip"))
    entry = &named_[static_cast<std::size_t>(content_coding::gzip)];
  else if (equal_ignoring_case(name, "br"))
    entry = &named_[static_cast<std::size_t>(content_coding::br)];
  else if (equal_ignoring_case(name, "zstd"))
    entry = &named_[static_cast<std::size_t>(content_coding::zstd)];
  else if (equal_ignoring_case(name, "identity"))
    entry = &identity_;
  else if (name != "*")
    return;
  if (!*entry) *entry = weight;
}

std::uint16_t accepted_codings::weight(content_coding coding) const noexcept {
  if (const auto& own = named_[static_cast<std::size_t>(coding)]) return *own;
  return others_.value_or(0);
}

std::optional<content_coding> accepted_codings::choose(
    std::span<const content_coding> preferred) const noexcept {
  std::optional<content_coding> best;
  for (const auto coding : preferred)
    if (weight(coding) > (best ? weight(*best) : 0)) best = coding;
  if (best && identity_.value_or(0) > weight(*best)) return std::nullopt;
  return best;
}

}  // namespace bight::http::coding
