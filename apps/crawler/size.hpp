// Sizes on command lines.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crawler {

/// "500", "500k", "64M", "1.5G", in powers of 1024; an optional "B" or "iB" follows the letter.
std::optional<std::uint64_t> read_size(std::string_view text);
/// What is wrong with it; empty if nothing is.
std::string check_size(const std::string& text);

}  // namespace crawler
