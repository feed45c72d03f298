// The options of bight-crawl that say what is crawled.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "settings.hpp"

namespace crawler {

class walk_options {
 public:
  void declare(CLI::App& app, settings& s);
  /// Errors: usage_error.
  void apply(settings& s) const;

 private:
  std::vector<std::string> urls_;
  std::string input_;
  std::string scope_ = "host";
  std::vector<std::string> sitemaps_;
  bool no_robots_ = false;
};

}  // namespace crawler
