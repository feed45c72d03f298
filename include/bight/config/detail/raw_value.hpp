// A value as it stands in a source, and its conversions.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bight::config::detail {

/// A value of a TOML file, which has a type, or text of the environment or the command line.
class raw_value {
 public:
  enum class kind : std::uint8_t { boolean, integer, floating, string, list, table, date, text };

  kind type = kind::text;
  bool boolean = false;
  std::int64_t integer = 0;
  double floating = 0;
  std::string string;              ///< Also the text of kind::text.
  std::vector<raw_value> items;    ///< Of a list or a table.
  std::vector<std::string> names;  ///< Those of the items of a table.
  std::size_t line = 0;            ///< Where it stands in the file.
};

/// What is wrong with a value: "70000 is not within 0-65535".
class bad_value : public std::runtime_error {
 public:
  using runtime_error::runtime_error;
};

// Errors of all: bad_value.
bool to_boolean(const raw_value& v);
/// `high`: as an unsigned number, if `low` is 0.
std::int64_t to_integer(const raw_value& v, std::int64_t low, std::uint64_t high);
double to_floating(const raw_value& v);
std::string to_string(const raw_value& v);
/// In nanoseconds.
std::int64_t to_nanoseconds(const raw_value& v);
/// The index of the name.
std::size_t to_choice(const raw_value& v, std::span<const std::string_view> names);
/// The items of a list; text is split at commas.
std::vector<raw_value> to_items(const raw_value& v);

// As TOML.
std::string show_floating(double d);
std::string show_string(std::string_view text);
std::string show_nanoseconds(std::int64_t n);
/// In quotes where TOML needs them.
std::string show_key(std::string_view name);

}  // namespace bight::config::detail
