#include "settings.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "../usage.hpp"
#include "config_file.hpp"
#include "limit_options.hpp"
#include "session_options.hpp"
#include "walk_options.hpp"

namespace crawler {
namespace {

struct output_options {
  std::string format = "text";

  void declare(CLI::App& app, settings& s) {
    app.option_defaults()->group("Output");
    auto& group = app;
    group.add_option("-o,--output", s.output, "Write one line of JSON per URL to FILE; - is stdout")
        ->option_text("FILE");
    group.add_option("--save", s.save, "Save the bodies of all 2xx responses as files below DIR")
        ->option_text("DIR");
    group
        .add_option(
            "--format", format,
            "Report as text (default) or as one JSON object on the last line of stdout; of a link check\n"
            "also as JUnit XML, GitHub annotations or an HTML page: text, json, junit, github, html")
        ->check(CLI::IsMember({"text", "json", "junit", "github", "html"}))
        ->option_text("FORMAT");
    group.add_flag("--fail-on-broken", s.fail_on_broken, "Exit with status 3 if there are broken links");
    group.add_flag("-q,--quiet", s.quiet, "Show no progress and no text summary");
  }
  void apply(settings& s) const { s.format = format_named(format); }
};

constexpr const char* footer =
    "Durations: 250ms, 1.5s, 2m, 1h. Sizes: 500, 64k, 10M, 2G (powers of 1024).\n\n"
    "Exit status: 0 the crawl completed; 1 a start URL could not be fetched, or writing the output failed;\n"
    "2 usage error; 3 broken links with --fail-on-broken or --check; 129 SIGHUP; 130 SIGINT; 143 SIGTERM.\n"
    "An interrupted crawl writes the results so far.\n\n"
    "Examples: bight-crawl example.org --output pages.jsonl --fail-on-broken\n"
    "          bight-crawl --check README.md docs/\n"
    "          bight-crawl --user me:secret -H 'X-Test: 1' --sitemaps https://intranet.example.org/\n"
    "          bight-crawl --config crawl.toml";

// What the options of the link check mean for the crawl.
void finish_check(settings& s) {
  s.fail_on_broken = s.fail_on_broken || s.check.check;
  const bool lines = s.format == check_format::text || s.format == check_format::json;
  if (!s.check.wanted(s.fail_on_broken, s.format)) {
    if (!lines) throw usage_error{"--format: this format needs --check or --fail-on-broken"};
    return;
  }
  if (!lines && s.output == "-" && s.check.report_file.empty())
    throw usage_error{"--output - and --format write stdout both; --report FILE writes the report to a file"};
  // What is wrong with patterns and files is said before the crawl.
  const bight::crawl::link_checker probe{bight::http::client{}, read_check_options(s.check, s.crawl)};
  s.crawl.keep_links = true;
  s.crawl.keep_ids = s.check.check || s.check.fragments;
  if (s.check.one_page) s.crawl.max_depth = 0;
}

}  // namespace

bight::crawl::scope_options patterns(const std::vector<std::string>& include) {
  bight::crawl::scope_options options;
  options.mode = bight::crawl::scope_mode::any;
  options.include = include;
  return options;
}

std::optional<int> read_command_line(int argc, char** argv, settings& s) {
  CLI::App app{"Crawls web sites: fetches every page in scope, checks the links, and reports broken ones.",
               "bight-crawl"};
  app.set_version_flag("--version", "bight-crawl 0.1.0");
  walk_options walk;
  limit_options limits;
  session_options session;
  output_options output;
  walk.declare(app, s);
  limits.declare(app, s);
  session.declare(app, s);
  output.declare(app, s);
  declare_check_options(app, s.check);
  const auto print = declare_config_file(app);
  app.footer(footer);
  bool printed = false;
  const auto status = read_arguments(app, argc, argv, [&] {
    if (print->count() != 0) {
      std::fputs(configuration(app).c_str(), stdout);
      printed = true;
      return;
    }
    walk.apply(s);
    limits.apply(s);
    session.apply(s);
    output.apply(s);
    finish_check(s);
  });
  if (!status && printed) return 0;
  return status;
}

}  // namespace crawler
