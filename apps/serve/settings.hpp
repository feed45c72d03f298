// The command line of bight-serve.
#pragma once
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace serve {

struct settings {
  std::string folder;
  bool demo = false;
  bool listing = false;
  bool single_page = false;
  bool precompressed = false;
  std::string upload_folder;  ///< Empty: no uploads.
  std::uint64_t max_upload = 0;
  std::vector<std::string> origins;

  bight::net::endpoint where;
  std::size_t threads = 1;
  std::chrono::seconds grace{30};

  std::string certificate;
  std::string key;
  bool self_signed = false;

  std::string log;  ///< A file, "-" for stdout, or empty.
  bight::http::access_log_format log_format = bight::http::access_log_format::combined;

  bool tls() const noexcept { return self_signed || !certificate.empty(); }
};

/// The options of --cors.
bight::http::cors_options cors_options_of(const settings& s);

/// Returns: an exit status if there is nothing to serve.
std::optional<int> read_command_line(int argc, char** argv, settings& s);

}  // namespace serve
