#include "config_file.hpp"

#include "../usage.hpp"

namespace crawler {
namespace {

bool is_quoted(const std::string& value) noexcept {
  return value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
         value.back() == value.front();
}

}  // namespace

CLI::Option* declare_config_file(CLI::App& app) {
  app.set_config("--config", "", "Read options from FILE (TOML): depth = 3; the command line wins")
      ->option_text("FILE")
      ->group("Configuration");
  app.allow_config_extras(CLI::config_extras_mode::error);
  return app
      .add_flag_callback(
          "--print-config", [] {}, "Print the options that were given, as --config reads them, and end")
      ->group("Configuration")
      ->configurable(false);
}

std::string configuration(const CLI::App& app) {
  for (const auto* const option : app.get_options())
    for (const auto& value : option->results())
      if (is_quoted(value))  // CLI11 takes two pairs of quotes off the items of a list
        throw usage_error{"--print-config: a value in quotes cannot be written: " + value};
  return app.config_to_str() + '\n';
}

}  // namespace crawler
