// The options of bight-crawl that say who it is and how it reaches servers.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "../connection_options.hpp"
#include "settings.hpp"

namespace crawler {

class session_options {
 public:
  void declare(CLI::App& app, settings& s);
  /// Errors: usage_error.
  void apply(settings& s) const;

 private:
  connection_options connection_;
  bool no_cookies_ = false;
};

}  // namespace crawler
