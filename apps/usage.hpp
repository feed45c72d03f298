// Command lines: how they are read, and what is said about wrong ones.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

/// What is wrong with a command line, in one line.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Parses the arguments, then calls `convert`, which may throw usage_error. Returns an exit status if the
/// program should end: 0 after --help and --version, 2 after a usage error, which has been printed to stderr
/// with the name of the program. An unknown option is answered with the one that was probably meant.
std::optional<int> read_arguments(CLI::App& app, int argc, char** argv, const std::function<void()>& convert);

/// The long option closest to `name` (with or without "--"), as "--header"; empty if none is close.
std::string closest_option(const CLI::App& app, std::string_view name);

/// A validator: a whole number from `least` to `most`, which the error gives in words.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most = UINT64_MAX);
