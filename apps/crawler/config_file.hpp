// Options in a file: --config and --print-config.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

namespace crawler {

/// Declares both, and returns --print-config. `--config FILE` reads TOML whose keys are the long options; an
/// unknown key is an error.
CLI::Option* declare_config_file(CLI::App& app);

/// The options that were given, as --config reads them. Errors: usage_error for a value that begins and ends
/// with a quote.
std::string configuration(const CLI::App& app);

}  // namespace crawler
