// Accept-Encoding (RFC 9110 12.5.3).
#pragma once
#include <array>
#include <bight/http/headers.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bight::http::coding {

/// A weight of RFC 9110 12.4.2 in thousandths: 500 for "0.5". Returns: nullopt if the text is not one.
std::optional<std::uint16_t> parse_weight(std::string_view text) noexcept;

/// The codings that a server may choose.
enum class content_coding : std::uint8_t { gzip, br, zstd };
std::string_view to_string(content_coding coding) noexcept;

/// The codings that a client accepts.
class accepted_codings {
 public:
  /// Without Accept-Encoding nothing but identity is accepted, although the RFC would allow anything.
  explicit accepted_codings(headers_view request) noexcept;

  /// The coding with the highest weight, among equal ones the first of `preferred`. Returns: nullopt for
  /// identity, which is chosen if nothing else is accepted or if it was given a higher weight.
  std::optional<content_coding> choose(std::span<const content_coding> preferred) const noexcept;

 private:
  void add(std::string_view element) noexcept;
  std::uint16_t weight(content_coding coding) const noexcept;

  std::array<std::optional<std::uint16_t>, 3> named_;  // by content_coding
  std::optional<std::uint16_t> identity_;
  std::optional<std::uint16_t> others_;  // "*"
};

}  // namespace bight::http::coding
