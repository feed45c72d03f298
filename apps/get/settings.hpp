// The command line of bight-get.
#pragma once
#include <bight/http.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace get {

namespace http = bight::http;

/// How the body of the requests was given.
enum class body_kind { none, data, json, form };

/// The parsed command line.
struct settings {
  std::vector<http::url> urls;

  std::string output;      ///< A file; "-": stdout; empty: not given.
  bool to_device = false;  ///< `output` is a device or a pipe, which is written to and not replaced.
  std::string output_dir;
  bool server_names = false;
  bool resume = false;
  std::string sha256;
  std::size_t jobs = 4;

  http::method method;
  http::headers headers;
  body_kind body = body_kind::none;
  std::string content;             ///< Of --data and --json.
  std::vector<std::string> forms;  ///< name=value, name=@file

  http::client_options client;
  std::string cookie_jar;

  bool include = false;
  bool fail = false;
  bool verbose = false;
  bool quiet = false;

  bool to_stdout() const noexcept { return output == "-"; }
  /// Whether the response decides if it is printed or saved.
  bool undecided() const noexcept {
    return urls.size() == 1 && output.empty() && output_dir.empty() && !server_names && !resume &&
           sha256.empty();
  }
};

/// Parses the command line into `s`. Returns an exit status if the program should end: 0 after --help, 2
/// after a usage error, which has been printed.
std::optional<int> read_command_line(int argc, char** argv, settings& s);

}  // namespace get
