#include "check_options.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "../duration.hpp"

namespace crawler {
namespace {

std::string check_statuses(const std::string& text) {
  if (bight::crawl::status_set::parse(text)) return {};
  return "'" + text + "' is not a list of statuses such as 200,403,429 or 200-299";
}

std::string read_text(const std::string& name) {
  errno = 0;
  std::ifstream in{name, std::ios::binary};
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in || in.bad())
    throw std::system_error(errno ? errno : EIO, std::generic_category(), "cannot read " + name);
  return text.str();
}

}  // namespace

void declare_check_options(CLI::App& app, check_settings& s) {
  constexpr const char* group = "Link check";
  app.add_flag("--check", s.check, "Check all links: --fail-on-broken --check-external --check-fragments")
      ->group(group);
  app.add_flag("--check-external", s.external,
               "Check links to other sites, once each, one request a second and host")
      ->group(group);
  app.add_flag("--check-fragments", s.fragments, "Check that pages have the ids that #fragments name")
      ->group(group);
  app.add_flag("--one-page", s.one_page, "Check the links of the start URLs alone; follow none")
      ->group(group);
  app.add_option("--accept", s.accept, "Statuses of good links, such as 200-299,403,429 (default: 200-299)")
      ->check(check_statuses)
      ->group(group)
      ->option_text("LIST");
  app.add_option("--ignore-file", s.ignore_file,
                 "Do not check links that match a pattern of FILE, one RE2 a line")
      ->group(group)
      ->option_text("FILE");
  app.add_option("--exclude-external", s.exclude_external,
                 "Do not check links to other sites that match this RE2 pattern; repeatable")
      ->allow_extra_args(false)
      ->group(group)
      ->option_text("PATTERN");
  app.add_flag("--require-https", s.require_https, "Links to http:// URLs of other hosts are broken")
      ->group(group);
  app.add_flag("--redirects", s.redirects, "Report redirected links, too")->group(group);
  app.add_flag("--strict", s.strict, "Exit with status 3 also for warnings and links that were not checked")
      ->group(group);
  app.add_option("--cache", s.cache_file, "Remember good links to other sites in FILE, for the next run")
      ->group(group)
      ->option_text("FILE");
  app.add_option("--cache-age", s.cache_age, "Check remembered links again after this time (default: 24h)")
      ->check(check_duration)
      ->group(group)
      ->option_text("DURATION");
  app.add_option("--root-dir", s.root, "Directory that links with a leading / in local files refer to")
      ->check(CLI::ExistingDirectory)
      ->group(group)
      ->option_text("DIR");
  app.add_option("--report", s.report_file, "Write the link report to FILE instead of stdout")
      ->group(group)
      ->option_text("FILE");
}

bight::crawl::link_check_options read_check_options(const check_settings& s,
                                                    const bight::crawl::crawl_options& crawl) {
  bight::crawl::link_check_options o;
  o.external = s.check || s.external;
  o.fragments = s.check || s.fragments;
  o.redirects = s.redirects;
  o.require_https = s.require_https;
  if (!s.accept.empty()) o.requests.accept = bight::crawl::status_set::parse(s.accept).value();
  if (!s.ignore_file.empty())
    o.ignore = bight::crawl::read_ignore_file(read_text(s.ignore_file), s.ignore_file);
  // What is not to be crawled is not to be requested at all: it may log out.
  for (const auto& pattern : crawl.scope.exclude) o.ignore.push_back({pattern, "--exclude"});
  for (const auto& pattern : s.exclude_external)
    o.exclude_external.push_back({pattern, "--exclude-external"});
  o.requests.timeout = crawl.fetch_timeout;
  o.requests.max_redirects = static_cast<int>(crawl.max_redirects);
  o.requests.max_retries = crawl.max_retries;
  o.crawl_delay = crawl.host_delay;
  return o;
}

std::chrono::seconds cache_age(const check_settings& s) {
  return std::chrono::floor<std::chrono::seconds>(read_duration(s.cache_age).value());
}

check_format format_named(std::string_view name) {
  if (name == "json") return check_format::json;
  if (name == "junit") return check_format::junit;
  if (name == "github") return check_format::github;
  if (name == "html") return check_format::html;
  return check_format::text;
}

std::string format_report(const bight::crawl::link_report& report, check_format format) {
  switch (format) {
    case check_format::json:
      return bight::crawl::to_json(report) + '\n';
    case check_format::junit:
      return bight::crawl::to_junit(report);
    case check_format::github:
      return bight::crawl::to_github(report);
    case check_format::html:
      return bight::crawl::to_html(report);
    case check_format::text:
      break;
  }
  return bight::crawl::to_text(report);
}

}  // namespace crawler
