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
        .add_option("--format", format,
                    "Summary as text (default), or as one JSON object on the last line of stdout")
        ->check(CLI::IsMember({"text", "json"}))
        ->option_text("text|json");
    group.add_flag("--fail-on-broken", s.fail_on_broken, "Exit with status 3 if there are broken links");
    group.add_flag("-q,--quiet", s.quiet, "Show no progress and no text summary");
  }
  void apply(settings& s) const { s.format = format == "json" ? report_format::json : report_format::text; }
};

constexpr const char* footer =
    "Durations: 250ms, 1.5s, 2m, 1h. Sizes: 500, 64k, 10M, 2G (powers of 1024).\n\n"
    "Exit status: 0 the crawl completed; 1 a start URL could not be fetched, or writing the output failed;\n"
    "2 usage error; 3 broken links with --fail-on-broken; 129 SIGHUP; 130 SIGINT; 143 SIGTERM. An\n"
    "interrupted crawl writes the results so far.\n\n"
    "Examples: bight-crawl example.org --output pages.jsonl --fail-on-broken\n"
    "          bight-crawl --user me:secret -H 'X-Test: 1' --sitemaps https://intranet.example.org/\n"
    "          bight-crawl --config crawl.toml";

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
  });
  if (!status && printed) return 0;
  return status;
}

}  // namespace crawler
