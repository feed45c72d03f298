// load, from_main, print: a configuration from a file, the environment and the command line.
#pragma once
#include <bight/config/detail/fields.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::config {

/// What is wrong with a configuration: a line for each mistake, with the file and line, variable or option.
class error : public std::runtime_error {
 public:
  explicit error(std::vector<std::string> mistakes);
  const std::vector<std::string>& mistakes() const noexcept { return mistakes_; }

 private:
  std::vector<std::string> mistakes_;
};

/// Where a configuration comes from. Not an aggregate, so that it is safe in co_await expressions.
class options {
 public:
  options() {}

  /// For --help.
  std::string program = "program";
  std::string description;
  /// The TOML file, unless --config names another one; empty: none. It need not exist.
  std::string file;
  /// `APP` reads `server.port` from APP_SERVER_PORT, and refuses other variables that begin with APP_. Empty:
  /// does not read the environment.
  std::string environment_prefix;
  std::size_t max_file_size = 1U << 20U;
};

namespace detail {

/// The sources of the values, by path.
using sources = std::map<std::string, std::string, std::less<>>;

enum class command : unsigned char { run, help, print };
struct outcome {
  command what = command::run;
  std::string help;
  sources from;
};
/// Sets the fields. Errors: config::error.
outcome read_all(const std::vector<field>& fields, const options& o, int argc, const char* const* argv);
std::string show_all(const std::vector<field>& fields, const sources& from);
void print_line(const std::string& text);
int report(const error& e, const options& o);

template <class T>
void check_values(const T& value) {
  if constexpr (requires { value.validate(); }) {
    try {
      value.validate();
    } catch (const std::invalid_argument& e) { throw error({e.what()}); }
  }
}

}  // namespace detail

/// Reads a configuration: the initial values of `T`, replaced by those of the TOML file, then of the
/// environment, then of the command line.
///
///     struct server_settings {
///       std::string host = "127.0.0.1";
///       std::uint16_t port = 8080;
///       std::chrono::seconds timeout{30};
///     };
///     BOOST_DESCRIBE_STRUCT(server_settings, (), (host, port, timeout))
///     struct settings {
///       server_settings server;
///       std::vector<std::string> admins;
///     };
///     BOOST_DESCRIBE_STRUCT(settings, (), (server, admins))
///
///     settings read_settings(int argc, char** argv) {
///       bight::config::options from;
///       from.file = "app.toml";
///       from.environment_prefix = "APP";
///       return bight::config::load<settings>(from, argc, argv);
///     }
///
/// `server.port` is `port = 80` in the table `[server]`, APP_SERVER_PORT, and --server.port; underscores of
/// names may be hyphens in options. Members: bool, numbers, std::string, config::secret,
/// std::filesystem::path, std::chrono durations ("500ms", "1h 30min"), described enums, std::optional and
/// std::vector of these (lists in variables and options are separated by commas), and described structs.
/// In the file only: a std::vector of described structs is an array of tables (`[[upstream]]`), and a
/// std::map with std::string keys is a table with names of the user's own; both replace the initial value.
/// If `T` has `void validate() const`, it is called; what it throws as std::invalid_argument is a mistake.
/// Blocks while it reads the file. Errors: config::error, with all mistakes; unknown keys, variables and
/// options are mistakes.
template <class T>
  requires detail::described_struct<T>
T load(const options& from, int argc = 0, const char* const* argv = nullptr) {
  T value;
  std::vector<detail::field> fields;
  detail::add_fields(fields, value, {});
  detail::read_all(fields, from, argc, argv);
  detail::check_values(value);
  return value;
}

/// The configuration as TOML. Secrets are not shown.
template <class T>
  requires detail::described_struct<T>
std::string print(T value) {
  std::vector<detail::field> fields;
  detail::add_fields(fields, value, {});
  return detail::show_all(fields, {});
}

/// The result of from_main: a configuration, or the exit status of a program that should not run.
template <class T>
class loaded {
 public:
  explicit loaded(T value) : value_(std::move(value)) {}
  explicit loaded(int exit_status) noexcept : exit_status_(exit_status) {}

  explicit operator bool() const noexcept { return value_.has_value(); }
  T& operator*() noexcept { return *value_; }
  T* operator->() noexcept { return &*value_; }
  /// 0 after --help and --print-config, 2 after a mistake.
  int exit_status() const noexcept { return exit_status_; }

 private:
  std::optional<T> value_;
  int exit_status_ = 0;
};

/// `load` for `main`: prints mistakes to stderr, and handles --help, --config FILE, and --print-config, which
/// prints the configuration as TOML, with the source of each value.
///
///     int main(int argc, char** argv) {
///       auto settings = bight::config::from_main<app_settings>(argc, argv, from);
///       if (!settings) return settings.exit_status();
///       return bight::run_main(serve, std::move(*settings));
///     }
template <class T>
  requires detail::described_struct<T>
loaded<T> from_main(int argc, const char* const* argv, const options& from) {
  try {
    T value;
    std::vector<detail::field> fields;
    detail::add_fields(fields, value, {});
    const auto read = detail::read_all(fields, from, argc, argv);
    if (read.what == detail::command::help) {
      detail::print_line(read.help);
      return loaded<T>{0};
    }
    detail::check_values(value);
    if (read.what == detail::command::print) {
      detail::print_line(detail::show_all(fields, read.from));
      return loaded<T>{0};
    }
    return loaded<T>{std::move(value)};
  } catch (const error& e) { return loaded<T>{detail::report(e, from)}; }
}

}  // namespace bight::config
