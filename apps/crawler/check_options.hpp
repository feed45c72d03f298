// The options of bight-crawl that check links.
#pragma once
#include <bight/crawl.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace crawler {

enum class check_format { text, json, junit, github, html };

/// The options of the group "Link check".
struct check_settings {
  bool check = false;  ///< --check: the three that it stands for.
  bool external = false;
  bool fragments = false;
  bool one_page = false;
  bool strict = false;
  bool redirects = false;
  bool require_https = false;
  std::string accept;
  std::string ignore_file;
  std::vector<std::string> exclude_external;
  std::string cache_file;
  std::string cache_age = "24h";
  std::string report_file;
  std::string root;
  std::vector<std::filesystem::path> files;  ///< Arguments that are paths.

  /// Whether there is a link report instead of a summary. Of --fail-on-broken alone, JSON remains the
  /// summary.
  bool wanted(bool fail_on_broken, check_format format) const noexcept {
    return check || external || fragments || one_page || redirects || require_https || strict ||
           (fail_on_broken && format != check_format::json) || !files.empty() || !report_file.empty();
  }
};

void declare_check_options(CLI::App& app, check_settings& s);

/// What the options mean. Errors: std::invalid_argument with the option; std::system_error for files.
bight::crawl::link_check_options read_check_options(const check_settings& s,
                                                    const bight::crawl::crawl_options& crawl);
/// The maximum age of cached results.
std::chrono::seconds cache_age(const check_settings& s);

/// "text", "json", "junit", "github" or "html".
check_format format_named(std::string_view name);
std::string format_report(const bight::crawl::link_report& report, check_format format);

}  // namespace crawler
