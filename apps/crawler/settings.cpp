#include "settings.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "../duration.hpp"
#include "size.hpp"

namespace crawler {
namespace {

using std::chrono::nanoseconds;

struct texts {
  std::vector<std::string> urls;
  std::string delay;
  std::string timeout = "30s";
  std::string max_wait = "5m";
  std::string max_body = "64M";
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
  app.add_option("URL", t.urls, "Start URLs (http:// or https://)")->required()->option_text(" ");
  app.add_option("--depth", c.max_depth, "Maximum number of links from a start URL (default: unlimited)")
      ->check(CLI::Range(std::uint32_t{0}, bight::crawl::crawl_options::any_depth))
      ->option_text("N");
  app.add_option("--max-pages", c.max_pages, "Stop after N HTML pages (default: unlimited)")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000'000}))
      ->option_text("N");
  app.add_option("--concurrency", c.max_concurrent, "Maximum concurrent fetches (default: 16)")
      ->check(CLI::Range(1, 10'000))
      ->option_text("N");
  app.add_option("--per-host", c.max_concurrent_per_host, "Maximum concurrent fetches per host (default: 4)")
      ->check(CLI::Range(1, 10'000))
      ->option_text("N");
  app.add_option("--delay", t.delay,
                 "Minimum time between fetches from one host (default: 250ms; 0 for loopback)")
      ->check(check_duration)
      ->option_text("DURATION");
  app.add_option("--scope", t.scope,
                 "host (default): same host and port as a start URL; prefix: and below its directory")
      ->check(CLI::IsMember({"host", "prefix"}))
      ->option_text("host|prefix");
  app.add_option("--include", c.scope.include, "Crawl only URLs that match this RE2 pattern; repeatable")
      ->allow_extra_args(false)
      ->option_text("PATTERN");
  app.add_option("--exclude", c.scope.exclude, "Do not crawl URLs that match this RE2 pattern; repeatable")
      ->allow_extra_args(false)
      ->option_text("PATTERN");
  app.add_option(
         "--user-agent", c.user_agent,
         "User-Agent header; its first word is matched against robots.txt (default: " + c.user_agent + ")")
      ->option_text("TEXT");
  app.add_option("--timeout", t.timeout, "Timeout of one fetch (default: 30s)")
      ->check(check_duration)
      ->option_text("DURATION");
  app.add_option("--retries", c.max_retries, "Maximum number of retries of a fetch (default: 2)")
      ->check(CLI::Range(std::uint32_t{0}, std::uint32_t{1'000}))
      ->option_text("N");
  app.add_option("--max-wait", t.max_wait,
                 "How long a host that answers 429 or 503 is waited for (default: 5m)")
      ->check(check_duration)
      ->option_text("DURATION");
  app.add_option("--max-body", t.max_body,
                 "Maximum size of a page; its links up to there count (default: 64M)")
      ->check(check_size)
      ->option_text("SIZE");
  app.add_option("--max-known", c.max_known, "Maximum number of known URLs (default: 10000000)")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000}))
      ->option_text("N");
  app.add_flag("--https-upgrade", c.scope.https_upgrade,
               "Follow links from http to https on the same host, whatever the port");
  app.add_option("--output", s.output, "Write one line of JSON per URL to FILE; - is stdout")
      ->option_text("FILE");
  app.add_option("--format", t.format,
                 "Summary as text (default), or as one JSON object on the last line of stdout")
      ->check(CLI::IsMember({"text", "json"}))
      ->option_text("text|json");
  app.add_flag("--no-robots", t.no_robots, "Ignore robots.txt, meta robots and rel=nofollow");
  app.add_flag("--fail-on-broken", s.fail_on_broken, "Exit with status 3 if there are broken links");
  app.add_flag("--quiet", s.quiet, "Show no progress and no text summary");
  app.footer(
      "Durations: 250ms, 1.5s, 2m, 1h. Sizes: 500k, 64M, 1G (powers of 1024).\n\n"
      "Exit status: 0 the crawl completed; 1 a start URL could not be fetched, or writing the output "
      "failed;\n"
      "2 usage error; 3 broken links with --fail-on-broken; 130 SIGINT; 143 SIGTERM. An interrupted crawl\n"
      "writes the results so far.\n\n"
      "Example: bight-crawl http://localhost:8080/ --output pages.jsonl --fail-on-broken");
}

}  // namespace

std::optional<int> read_command_line(int argc, char** argv, settings& s) {
  texts t;
  CLI::App app{"Crawls web sites: fetches every page in scope, checks the links, and reports broken ones.",
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
  if (!t.delay.empty()) s.crawl.host_delay = read_duration(t.delay);
  s.crawl.fetch_timeout = *read_duration(t.timeout);
  if (s.crawl.fetch_timeout == nanoseconds::zero()) return usage_error("--timeout: must be greater than 0");
  s.crawl.max_host_wait = *read_duration(t.max_wait);
  s.crawl.max_body = *read_size(t.max_body);
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
