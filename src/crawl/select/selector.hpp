// A compiled selector.
#pragma once
#include <bight/crawl/document.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl {

namespace select {

/// How a part of a selector relates to the part before it.
enum class combinator : std::uint8_t { first, descendant, child, adjacent, sibling };

struct compound;

/// One condition on an element.
struct condition {
  enum class kind : std::uint8_t {
    name,
    id,
    class_,
    present,   // [a]
    equal,     // [a=v]
    word,      // [a~=v]
    dash,      // [a|=v]
    prefix,    // [a^=v]
    suffix,    // [a$=v]
    contains,  // [a*=v]
    nth,       // step * n + offset, among all or those of the same name, from the front or back
    empty,
    root,
    not_,
    is,
  };
  kind what = kind::name;
  bool any_case = false;
  bool of_type = false;
  bool from_end = false;
  std::int32_t step = 0;
  std::int32_t offset = 0;
  std::string name;  // of an element or attribute, in lower case
  std::string value;
  std::vector<compound> list;  // of not and is
};

/// Conditions on one element.
struct compound {
  combinator relation = combinator::first;
  bool subject = false;  // the last of its selector
  std::vector<condition> all;
};

/// The number of compounds of a selector, its list included.
inline constexpr std::size_t max_compounds = 64;
inline constexpr std::size_t max_selector_bytes = 4096;

/// Errors: selector_error.
std::vector<compound> parse_selector(std::string_view css);

}  // namespace select

class selector::impl {
 public:
  explicit impl(std::string_view css);
  std::vector<select::compound> compounds;
  bool counts = false;  // positions among siblings matter
};

}  // namespace bight::crawl
