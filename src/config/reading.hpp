// Reads the sources of a configuration.
#pragma once
#include <bight/config/config.hpp>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bight::config::detail {

/// Fields by their paths.
class field_index {
 public:
  explicit field_index(const std::vector<field>& fields);

  const std::vector<field>& fields() const noexcept { return *fields_; }
  const field* find(std::string_view path) const noexcept;
  /// Whether fields begin with "path.".
  bool is_table(std::string_view path) const;
  /// "; did you mean port?", or nothing.
  std::string suggestion(std::string_view path) const;

 private:
  const std::vector<field>* fields_;
  std::map<std::string_view, const field*> by_path_;
};

/// The fields, and what was found to be wrong.
class reading : public field_index {
 public:
  using field_index::field_index;

  /// Sets a field from a text. `place`: for messages and sources, such as a variable.
  void set(const field& f, std::string_view text, const std::string& place);
  void mistake(std::string text) { mistakes_.push_back(std::move(text)); }
  void throw_mistakes();

  sources from;

 private:
  std::vector<std::string> mistakes_;
};

/// Reads a TOML file; one that does not exist is a mistake only if it is `required`.
void read_file(reading& r, const std::string& path, bool required, std::size_t max_size);
void read_environment(reading& r, const std::string& prefix);

/// The command line, before its values are set.
struct command_line {
  command what = command::run;
  std::string help;
  std::optional<std::string> file;
  std::map<std::string, std::string> values;  // by path
};
command_line parse_command_line(reading& r, const options& o, int argc, const char* const* argv);

}  // namespace bight::config::detail
