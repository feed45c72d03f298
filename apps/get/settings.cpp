#include "settings.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <utility>

#include "../connection_options.hpp"
#include "../duration.hpp"
#include "../usage.hpp"

namespace get {
namespace {

using std::chrono::nanoseconds;

// What is checked and converted once everything has been read.
struct texts {
  std::vector<std::string> urls;
  std::string method;
  std::string data;
  std::string json;
  std::string timeout;
  unsigned retries = 3;
  bool location = false;
  connection_options connection;
};

void declare_output(CLI::App& app, settings& s) {
  app.option_defaults()->group("Output options");
  auto* const group = &app;
  auto* const output = group->add_option("-o,--output", s.output, "Write the body to FILE; - is stdout");
  output->option_text("FILE");
  auto* const folder =
      group->add_option("--output-dir", s.output_dir, "Save in DIR, which is created if necessary");
  folder->excludes(output)->option_text("DIR");
  group
      ->add_flag("-J,--remote-header-name", s.server_names,
                 "Use the file names of Content-Disposition; never replaces a file")
      ->excludes(output)
      ->option_text(" ");
  group->add_flag("--resume", s.resume, "Continue partial files (NAME.part) of earlier runs");
  group->add_option("--sha256", s.sha256, "The SHA-256 that the file must have")->option_text("SUM");
  group->add_flag("-i,--include", s.include, "Print the status line and the headers to stdout");
  group->add_flag("-f,--fail", s.fail, "Also fail if the status is 4xx or 5xx and the body goes to stdout");
  group->add_flag("-v,--verbose", s.verbose, "Print a timeline of each request to stderr");
  group->add_flag("-q,--quiet", s.quiet, "Print errors only");
}

void declare_request(CLI::App& app, settings& s, texts& t) {
  app.option_defaults()->group("Request options");
  auto* const group = &app;
  t.connection.declare_headers(*group);
  group->add_option("-X,--method", t.method, "Request method (default: GET, or POST with a body)")
      ->option_text("METHOD");
  auto* const data = group->add_option("-d,--data", t.data, "Send this body, or that of @FILE; @- is stdin");
  data->option_text("TEXT");
  auto* const json = group->add_option("--json", t.json, "Same as application/json");
  json->option_text("TEXT")->excludes(data);
  group->add_option("-F,--form", s.forms, "Send a form with a field, or a file; repeatable")
      ->allow_extra_args(false)
      ->option_text("NAME=VALUE|NAME=@FILE")
      ->excludes(data)
      ->excludes(json);
  t.connection.declare_credentials(*group);
  group
      ->add_option("-b,--cookie-jar", s.cookie_jar,
                   "Read cookies from FILE (Netscape format) if it exists, and write them to it")
      ->option_text("FILE");
}

void declare_connection(CLI::App& app, settings& s, texts& t) {
  app.option_defaults()->group("Connection options");
  auto* const group = &app;
  group->add_option("-j,--jobs", s.jobs, "Maximum concurrent downloads (default: 4)")
      ->check(whole_number(1, 1000))
      ->option_text("N");
  group->add_option("--retries", t.retries, "Retries after temporary errors (default: 3)")
      ->check(whole_number(0, 1000))
      ->option_text("N");
  group->add_option("--timeout", t.timeout, "Timeout of each attempt (default: none)")
      ->check(check_duration)
      ->option_text("DURATION");
  auto* const limit = group->add_option("--max-redirects", s.client.limits.max_redirects,
                                        "Redirects to follow (default: 10)");
  limit->check(whole_number(0, 1000))->option_text("N");
  group->add_flag("-L,--location", t.location, "Follow redirects, which is the default");
  t.connection.declare_connection(*group);
}

void declare_options(CLI::App& app, settings& s, texts& t) {
  // Not `required`: an unknown option is then what the error names.
  app.add_option("URL", t.urls, "http:// or https:// URLs; without a scheme, http://")->option_text(" ");
  declare_output(app, s);
  declare_request(app, s, t);
  declare_connection(app, s, t);
  app.footer(
      "One URL without --output, --output-dir, --resume, --sha256 or -J is printed to stdout if it is text "
      "or\n"
      "stdout is not a terminal, and saved otherwise. Several URLs are saved, each under the last component "
      "of\n"
      "its path; existing files are replaced, devices and pipes are written to. A file appears when it is\n"
      "complete; until then it is NAME.part, which is kept if the download fails or is interrupted.\n\n"
      "Durations: 250ms, 1.5s, 2m, 1h.\n\n"
      "Exit status: 0 all URLs are done; 1 some failed; 2 usage error; 3 wrong checksum; 130 SIGINT;\n"
      "143 SIGTERM.\n\n"
      "Examples: bight-get https://example.org/\n"
      "          bight-get --output-dir downloads --resume -j 8 URL...\n"
      "          bight-get --json '{\"name\": \"loop\"}' http://localhost:8080/items");
}

// The text itself, or the content of @FILE.
std::string content_of(const std::string& text, const char* option) {
  if (!text.starts_with('@')) return text;
  const auto name = text.substr(1);
  std::ifstream file;
  if (name != "-") file.open(name, std::ios::binary);
  std::istream& in = name == "-" ? std::cin : file;
  std::string all{std::istreambuf_iterator<char>{in}, {}};
  if (in.bad() || (name != "-" && !file.is_open()))
    throw usage_error{std::string{option} + ": cannot read '" + name + "'"};
  return all;
}

void set_default_header(settings& s, std::string_view name, std::string_view value) {
  if (!s.headers.contains(name)) s.headers.append(name, value);
}

void read_body(settings& s, const texts& t, const CLI::App& app) {
  if (app.count("--data") != 0) {
    s.body = body_kind::data;
    s.content = content_of(t.data, "--data");
    set_default_header(s, "Content-Type", http::form::content_type);
  } else if (app.count("--json") != 0) {
    s.body = body_kind::json;
    s.content = content_of(t.json, "--json");
    set_default_header(s, "Content-Type", "application/json");
    set_default_header(s, "Accept", "application/json");
  } else if (!s.forms.empty()) {
    s.body = body_kind::form;
    for (const auto& form : s.forms)
      if (form.find('=') == form.npos || form.starts_with('='))
        throw usage_error{"--form: '" + form + "' is not NAME=VALUE or NAME=@FILE"};
  }
  s.method = s.body == body_kind::none ? http::method::get : http::method::post;
  if (t.method.empty()) return;
  const auto method = http::method::parse(t.method);
  if (!method) throw usage_error{"--method: '" + t.method + "' is not a method"};
  s.method = *method;
}

void read_connection(settings& s, const texts& t) {
  auto& c = s.client;
  c.user_agent = "bight-get/0.1";
  c.decode = false;
  c.limits.max_body = std::numeric_limits<std::uint64_t>::max();
  c.limits.max_connections = c.limits.max_connections_per_host = s.jobs;
  c.timeouts.total = bight::forever;
  if (!t.timeout.empty()) c.timeouts.total = *read_duration(t.timeout);
  if (c.timeouts.total == nanoseconds::zero()) throw usage_error{"--timeout: must be greater than 0"};
  t.connection.apply(c);
  if (t.retries != 0) {
    bight::retry_policy policy;
    policy.attempts(t.retries + 1).backoff(std::chrono::milliseconds{500}, std::chrono::seconds{30});
    c.retries = std::move(policy);
  }
}

bool is_device(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode);
}

void check_outputs(const settings& s) {
  if (s.urls.size() > 1 && !s.output.empty())
    throw usage_error{"--output: there are several URLs; use --output-dir"};
  if (s.sha256.empty()) return;
  if (s.urls.size() > 1) throw usage_error{"--sha256: there are several URLs"};
  if (s.to_stdout()) throw usage_error{"--sha256: needs a file, not stdout"};
  if (s.to_device) throw usage_error{"--sha256: needs a file, and '" + s.output + "' is none"};
  const bool hex =
      std::all_of(s.sha256.begin(), s.sha256.end(), [](unsigned char c) { return std::isxdigit(c); });
  if (s.sha256.size() != 64 || !hex)
    throw usage_error{"--sha256: '" + s.sha256 + "' is not 64 hexadecimal digits"};
}

void convert(settings& s, const texts& t, const CLI::App& app) {
  if (t.urls.empty()) throw usage_error{"URL is required"};
  for (const auto& text : t.urls) {
    const bool has_scheme = text.find("://") < text.find_first_of("/?#");  // not "host/?to=http://other"
    auto parsed = http::url::parse(has_scheme ? text : "http://" + text);
    if (!parsed || !parsed->is_http() || (!has_scheme && parsed->has_credentials()))  // mailto:me@host
      throw usage_error{"'" + http::redacted(text) + "' is not an http:// or https:// URL"};
    s.urls.push_back(std::move(*parsed));
  }
  s.to_device = is_device(s.output);
  check_outputs(s);
  s.headers = t.connection.headers();
  read_body(s, t, app);
  read_connection(s, t);
}

}  // namespace

std::optional<int> read_command_line(int argc, char** argv, settings& s) {
  texts t;
  CLI::App app{"Downloads URLs: many at once, resumed where they broke off; or prints one.", "bight-get"};
  app.set_version_flag("--version", "bight-get 0.1.0");
  declare_options(app, s, t);
  return read_arguments(app, argc, argv, [&] { convert(s, t, app); });
}

}  // namespace get
