// The name of a type, as it is written.
#pragma once
#include <string_view>

namespace bight::api::detail {

/// Without namespaces: "item", "page<item>".
template <class T>
constexpr std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  const auto plain = text.substr(0, text.find('<'));
  const auto last = plain.rfind("::");
  return last == plain.npos ? text : text.substr(last + 2);
}

}  // namespace bight::api::detail
