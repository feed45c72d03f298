// The options of bight-crawl that bound it, and that spare the servers.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "settings.hpp"

namespace crawler {

class limit_options {
 public:
  void declare(CLI::App& app, settings& s);
  /// Errors: usage_error.
  void apply(settings& s) const;

 private:
  std::string delay_;
  std::string rate_;
  std::string timeout_;
  std::string max_time_;
  std::string max_bytes_;
  std::string max_body_;
  std::string max_wait_;
};

}  // namespace crawler
