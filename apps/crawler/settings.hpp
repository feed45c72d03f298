// The command line of bight-crawl.
#pragma once
#include <bight/core/rate_limiter.hpp>
#include <bight/crawl.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "check_options.hpp"

namespace crawler {

/// The parsed command line.
struct settings {
  std::vector<bight::http::url> seeds;
  bight::crawl::crawl_options crawl;

  // The session: what is sent to the sites of the start URLs, and how they are reached.
  bight::http::client_options client;
  bight::http::headers headers;               ///< To the hosts of the start URLs only.
  std::optional<bight::http::any_auth> user;  ///< To the hosts of the start URLs only.
  std::string cookie_jar;                     ///< A file; empty: none.
  std::optional<double> rate;                 ///< Requests a second, to all hosts together.
  std::shared_ptr<bight::rate_limiter> pace;  ///< Of all clients; null without a rate.

  // What is walked and kept.
  std::vector<bight::http::url> sitemaps;
  bool site_sitemaps = false;        ///< Those that robots.txt names.
  std::vector<std::string> include;  ///< What is kept; empty: everything.

  std::string save;    ///< A folder for the bodies; empty: none.
  std::string output;  ///< Empty: none; "-": stdout.
  check_format format = check_format::text;
  check_settings check;
  bool fail_on_broken = false;
  bool quiet = false;
};

/// A scope that patterns alone decide.
bight::crawl::scope_options patterns(const std::vector<std::string>& include);

/// Parses the command line into `s`. Returns an exit status if the program should end: 0 after --help, 2
/// after a usage error, which has been printed.
std::optional<int> read_command_line(int argc, char** argv, settings& s);

}  // namespace crawler
