#include <unistd.h>

#include <cctype>
#include <stdexcept>

#include "config/reading.hpp"

namespace bight::config::detail {
namespace {

std::string variable_of(const std::string& prefix, std::string_view path) {
  auto name = prefix + '_';
  for (const char c : path)
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace

void read_environment(reading& r, const std::string& prefix) {
  std::map<std::string, const field*, std::less<>> by_name;
  for (const auto& f : r.fields()) {
    if (f.has_tables) continue;
    const auto [known, is_new] = by_name.emplace(variable_of(prefix, f.path), &f);
    if (!is_new)
      throw std::logic_error("bight: config: " + known->second->path + " and " + f.path +
                             " have the same environment variable");
  }
  for (char** entry = ::environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    if (equals == text.npos || !name.starts_with(prefix + '_')) continue;
    const auto found = by_name.find(name);
    if (found == by_name.end()) {
      r.mistake(std::string{name} + ": unknown environment variable");
      continue;
    }
    r.set(*found->second, text.substr(equals + 1), std::string{name});
  }
}

}  // namespace bight::config::detail
