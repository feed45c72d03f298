#include "config_file.hpp"

namespace crawler {

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

std::string configuration(const CLI::App& app) { return app.config_to_str() + '\n'; }

}  // namespace crawler
