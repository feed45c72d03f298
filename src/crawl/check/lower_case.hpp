// Lower case in Unicode, letter by letter.
#pragma once
#include <string>
#include <string_view>

namespace bight::crawl::check {

/// By the simple mappings, as GitHub does: no letter becomes two, and none depends on its neighbours.
/// Malformed UTF-8 is left out.
std::string lower_case(std::string_view text);

}  // namespace bight::crawl::check
