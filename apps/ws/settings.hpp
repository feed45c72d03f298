// The command line of bight-ws.
#pragma once
#include <bight/http.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ws {

namespace http = bight::http;

/// The parsed command line.
struct settings {
  http::url url;
  http::headers headers;
  std::vector<std::string> subprotocols;
  http::client_options client;
  http::websocket_options socket;

  bool binary = false;                                      ///< Lines are sent as binary messages.
  bool no_input = false;                                    ///< stdin is not read.
  std::chrono::nanoseconds wait = std::chrono::seconds{1};  ///< Silence behind the end of the input.
  std::uint64_t max_messages = 0;                           ///< 0: any number.
  std::optional<std::chrono::nanoseconds> ping;
  bool verbose = false;
};

/// Parses the command line into `s`. Returns an exit status if the program should end: 0 after --help, 2
/// after a usage error, which has been printed.
std::optional<int> read_command_line(int argc, char** argv, settings& s);

}  // namespace ws
