#include "settings.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <iostream>

namespace crawler {
namespace {

using std::chrono::nanoseconds;

// "250ms", "1.5s", "2m", "1h", "0".
std::optional<nanoseconds> read_duration(std::string_view text) {
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || !std::isfinite(value) || value < 0) return std::nullopt;
  const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  double scale = 0;
  if (unit == "ms") scale = 1e6;
  if (unit == "s") scale = 1e9;
  if (unit == "m") scale = 60e9;
  if (unit == "h") scale = 3600e9;
  constexpr double longest = 1e18;
  if ((scale == 0 && value != 0) || value * scale > longest) return std::nullopt;
  return nanoseconds{static_cast<std::int64_t>(value * scale)};
}

std::string check_duration(const std::string& text) {
  if (read_duration(text)) return {};
  return "'" + text + "' is not a duration; write it as 250ms, 1.5s, 2m or 1h";
}

struct texts {
  std::vector<std::string> urls;
  std::string delay;
  std::string timeout = "30s";
  std::string scope = "host";
  std::string format = "text";
  bool no_robots = false;
};

int usage_error(const std::string& what) {
  std::cerr << "bight-crawl: " << what << "\nTry 'bight-crawl --help'.\n";
  return 2;
}

void declare_options(CLI::App& app, settings& s, texts& t) {
  auto& c = s.crawl;
  app.add_option("URL", t.urls, "Where to start: http:// or https://")->required();
  app.add_option("--depth", c.max_depth, "Follow links this far from a URL (default: no limit)")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--max-pages", c.max_pages, "Stop after this many HTML pages (default: no limit)")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000'000}));
  app.add_option("--concurrency", c.concurrency, "Fetches at a time")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--per-host", c.per_host, "Fetches at a time from one host")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--delay", t.delay, "Between two fetches from one host (default: 250ms, 0 on loopback)")
      ->check(check_duration);
  app.add_option("--scope", t.scope, "host: the host and port of a URL; prefix: below its folder, too")
      ->check(CLI::IsMember({"host", "prefix"}))
      ->capture_default_str();
  app.add_option("--include", c.scope.include, "Only URLs that match this RE2 expression; may be given again")
      ->allow_extra_args(false);
  app.add_option("--exclude", c.scope.exclude, "No URLs that match this RE2 expression; may be given again")
      ->allow_extra_args(false);
  app.add_option("--user-agent", c.user_agent, "User-Agent; its first word is the name that robots.txt sees")
      ->capture_default_str();
  app.add_option("--timeout", t.timeout, "For one fetch")->check(check_duration)->capture_default_str();
  app.add_option("--output", s.output, "Write a JSON line for every URL to this file; - is stdout");
  app.add_option("--format", t.format,
                 "Of the summary: text, or json for one JSON object as the last line of stdout")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_flag("--no-robots", t.no_robots, "Ignore robots.txt, meta robots and nofollow");
  app.add_flag("--fail-on-broken", s.fail_on_broken, "Exit with 3 if there are broken links");
  app.add_flag("--quiet", s.quiet, "No progress line and no summary in text");
  app.footer(
      "Exit status: 0 the crawl ended by itself; 1 no URL to start from could be fetched, or the output "
      "failed;\n"
      "2 usage; 3 broken links with --fail-on-broken; 130 SIGINT; 143 SIGTERM. What was found up to an "
      "interrupt\n"
      "is written.\n\n"
      "Example: bight-crawl http://localhost:8080/ --output pages.jsonl --fail-on-broken");
}

}  // namespace

std::optional<int> read_command_line(int argc, char** argv, settings& s) {
  texts t;
  CLI::App app{
      "Crawls web sites: fetches every page in scope, checks every link in scope, and reports what is "
      "broken.",
      "bight-crawl"};
  app.set_version_flag("--version", "bight-crawl 0.1.0");
  declare_options(app, s, t);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) { return app.exit(e); } catch (const CLI::ParseError& e) {
    return usage_error(e.what());
  }
  for (const auto& text : t.urls) {
    auto parsed = bight::http::url::parse(text);
    if (!parsed || !parsed->is_http())
      return usage_error("'" + bight::http::redacted(text) + "' is not an http:// or https:// URL");
    s.seeds.push_back(std::move(*parsed));
  }
  if (!t.delay.empty()) s.crawl.delay = read_duration(t.delay);
  s.crawl.timeout = *read_duration(t.timeout);
  if (s.crawl.timeout == nanoseconds::zero()) return usage_error("--timeout: must be more than 0");
  if (t.scope == "prefix") s.crawl.scope.mode = bight::crawl::scope_mode::prefix;
  s.format = t.format == "json" ? report_format::json : report_format::text;
  s.crawl.obey_robots = !t.no_robots;
  if (!bight::http::is_field_value(s.crawl.user_agent) || s.crawl.user_agent.empty())
    return usage_error("--user-agent: not a valid header value");
  if (const auto made = bight::crawl::scope::make(s.seeds, s.crawl.scope); !made)
    return usage_error("--" + made.error().message());
  return std::nullopt;
}

}  // namespace crawler
