// Errors as the programs print them.
#pragma once
#include <boost/system/system_error.hpp>
#include <exception>
#include <string>
#include <string_view>

/// The text of `e` without the number of its code: "write 'x': No space left on device".
inline std::string error_text(const std::exception& e) {
  std::string_view text = e.what();
  if (const auto* const error = dynamic_cast<const boost::system::system_error*>(&e)) {
    const auto number = " [" + error->code().to_string() + "]";
    if (text.ends_with(number)) text.remove_suffix(number.size());
  }
  return std::string{text};
}
