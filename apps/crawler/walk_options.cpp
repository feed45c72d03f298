#include "walk_options.hpp"

#include <cstdint>
#include <utility>

#include "../usage.hpp"
#include "start_urls.hpp"

namespace crawler {

void walk_options::declare(CLI::App& app, settings& s) {
  auto& c = s.crawl;
  app.add_option("URL", urls_,
                 "Start URLs; without a scheme, http://. For a link check also HTML and Markdown files and\n"
                 "directories: what exists or begins with . or /")
      ->option_text(" ");
  app.option_defaults()->group("What is crawled");
  auto& group = app;
  group.add_option("-i,--input", input_, "Read further start URLs from FILE, one a line; - is stdin")
      ->option_text("FILE");
  group
      .add_option("--scope", scope_,
                  "host (default): the host and port of a start URL; prefix: and below its directory;\n"
                  "subdomains: and hosts below it; hosts: only those of --host; any: every host")
      ->check(CLI::IsMember({"host", "prefix", "subdomains", "hosts", "any"}))
      ->option_text("SCOPE");
  group
      .add_option("--host", c.scope.hosts,
                  "Also crawl this host; *.example.org is it and its subdomains; repeatable")
      ->allow_extra_args(false)
      ->option_text("HOST");
  group.add_flag("--any-port", c.scope.any_port, "Ports do not matter for the scope");
  group.add_flag("--https-upgrade", c.scope.https_upgrade, "Also follow links from http to https of a host");
  group.add_option("--depth", c.max_depth, "Maximum number of links from a start URL (default: unlimited)")
      ->check(whole_number(0, bight::crawl::crawl_options::any_depth))
      ->option_text("N");
  group.add_option("--follow", c.scope.include, "Follow only URLs that match this RE2 pattern; repeatable")
      ->allow_extra_args(false)
      ->option_text("PATTERN");
  group
      .add_option("--exclude", c.scope.exclude, "Do not follow URLs that match this RE2 pattern; repeatable")
      ->allow_extra_args(false)
      ->option_text("PATTERN");
  group
      .add_option("--include", s.include,
                  "Keep (--output, --save) only URLs that match this RE2 pattern; the crawl goes on through\n"
                  "all of them; repeatable")
      ->allow_extra_args(false)
      ->option_text("PATTERN");
  group.add_flag("--sitemaps", s.site_sitemaps, "Also crawl what the sitemaps of robots.txt list");
  group.add_option("--sitemap", sitemaps_, "Also crawl what this sitemap or feed lists; repeatable")
      ->allow_extra_args(false)
      ->option_text("URL");
  group.add_flag("--no-robots", no_robots_, "Ignore robots.txt, meta robots and rel=nofollow");
}

void walk_options::apply(settings& s) const {
  using bight::crawl::scope_mode;
  if (urls_.empty() && input_.empty() && sitemaps_.empty()) throw usage_error{"URL is required"};
  for (const auto& text : urls_) {
    if (auto path = bight::crawl::as_local_path(text))
      s.check.files.push_back(std::move(*path));
    else
      s.seeds.push_back(read_start_url(text));
  }
  if (!input_.empty())
    for (auto& read : read_start_urls(input_)) s.seeds.push_back(std::move(read));
  auto& scope = s.crawl.scope;
  for (const auto& text : sitemaps_) {
    s.sitemaps.push_back(read_start_url(text));
    // Without start URLs, the sites of the sitemaps are the scope.
    if (s.seeds.empty()) scope.hosts.emplace_back(s.sitemaps.back().host());
  }
  if (scope_ == "prefix") scope.mode = scope_mode::prefix;
  if (scope_ == "subdomains") scope.mode = scope_mode::subdomains;
  if (scope_ == "hosts") scope.mode = scope_mode::hosts;
  if (scope_ == "any") scope.mode = scope_mode::any;
  if (scope_ == "hosts" && scope.hosts.empty()) throw usage_error{"--scope hosts: no --host"};
  s.crawl.obey_robots = !no_robots_;
  if (const auto made = bight::crawl::scope::make(s.seeds, scope); !made) {
    auto error = made.error();
    if (error.option == "include") error.option = "follow";
    throw usage_error{"--" + error.message()};
  }
  if (const auto made = bight::crawl::scope::make({}, patterns(s.include)); !made)
    throw usage_error{"--" + made.error().message()};
}

}  // namespace crawler
