// The command line of bight-crawl.
#pragma once
#include <bight/crawl.hpp>
#include <optional>
#include <string>
#include <vector>

#include "check_options.hpp"

namespace crawler {

/// The parsed command line.
struct settings {
  std::vector<bight::http::url> seeds;
  bight::crawl::crawl_options crawl;
  std::string save;    ///< A folder for the bodies; empty: none.
  std::string output;  ///< Empty: none; "-": stdout.
  check_format format = check_format::text;
  check_settings check;
  bool fail_on_broken = false;
  bool quiet = false;
};

/// Parses the command line into `s`. Returns an exit status if the program should end: 0 after --help, 2
/// after a usage error, which has been printed.
std::optional<int> read_command_line(int argc, char** argv, settings& s);

}  // namespace crawler
