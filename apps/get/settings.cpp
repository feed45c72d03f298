#include "settings.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <utility>

#include "../duration.hpp"
#include "../error_text.hpp"

namespace get {
namespace {

using std::chrono::nanoseconds;

// What is checked and converted once everything has been read.
struct texts {
  std::vector<std::string> urls;
  std::vector<std::string> headers;
  std::string method;
  std::string data;
  std::string json;
  std::string user;
  std::string proxy;
  std::string timeout;
  unsigned retries = 3;
  bool digest = false;
  bool no_proxy = false;
  bool location = false;
  bight::net::tls_client_options tls;
};

struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

int print_usage_error(const std::string& what) {
  std::cerr << "bight-get: " << what << "\nTry 'bight-get --help'.\n";
  return 2;
}

void declare_output(CLI::App& app, settings& s) {
  auto* const group = app.add_option_group("Output options");
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
  auto* const group = app.add_option_group("Request options");
  group->add_option("-H,--header", t.headers, "Add a header; repeatable")
      ->allow_extra_args(false)
      ->option_text("'NAME: VALUE'");
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
  group->add_option("-u,--user", t.user, "User name and password")->option_text("USER:PASSWORD");
  group->add_flag("--digest", t.digest, "Digest instead of Basic authentication")
      ->needs("--user")
      ->option_text(" ");
  group
      ->add_option("-b,--cookie-jar", s.cookie_jar,
                   "Read cookies from FILE (Netscape format) if it exists, and write them to it")
      ->option_text("FILE");
}

void declare_connection(CLI::App& app, settings& s, texts& t) {
  auto* const group = app.add_option_group("Connection options");
  group->add_option("-j,--jobs", s.jobs, "Maximum concurrent downloads (default: 4)")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000}))
      ->option_text("N");
  group->add_option("--retries", t.retries, "Retries after temporary errors (default: 3)")
      ->check(CLI::Range(0U, 1000U))
      ->option_text("N");
  group->add_option("--timeout", t.timeout, "Timeout of each attempt (default: none)")
      ->check(check_duration)
      ->option_text("DURATION");
  auto* const limit = group->add_option("--max-redirects", s.client.limits.max_redirects,
                                        "Redirects to follow (default: 10)");
  limit->check(CLI::Range(0, 1000))->option_text("N");
  group->add_flag("-L,--location", t.location, "Follow redirects, which is the default");
  group->add_flag("-k,--insecure", t.tls.insecure_skip_verify, "Do not verify certificates");
  group->add_option("--cacert", t.tls.ca_file, "PEM file with the certificates to trust")
      ->option_text("FILE");
  group->add_option("--cert", t.tls.certificate_file, "PEM file with a client certificate")
      ->option_text("FILE");
  group->add_option("--key", t.tls.key_file, "PEM file with its private key")
      ->option_text("FILE")
      ->needs("--cert");
  auto* const proxy =
      group->add_option("-x,--proxy", t.proxy, "Proxy: an http, https, socks5 or socks5h URL");
  proxy->option_text("URL");
  auto* const no_proxy =
      group->add_flag("--no-proxy", t.no_proxy, "Use no proxy, not even that of the environment");
  no_proxy->excludes(proxy)->option_text(" ");
  group->add_option("--unix-socket", s.client.unix_socket, "Connect to a Unix domain socket")
      ->option_text("PATH")
      ->excludes(proxy);
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
      "its path; existing files are replaced. A file appears when it is complete; until then it is "
      "NAME.part,\n"
      "which is kept if the download fails or is interrupted.\n\n"
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

void read_headers(settings& s, const texts& t) {
  for (const auto& line : t.headers) {
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    auto value = colon == line.npos ? std::string{} : line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(" \t"));
    if (colon == line.npos || !http::is_token(name) || !http::is_field_value(value))
      throw usage_error{"--header: '" + line + "' is not 'NAME: VALUE'"};
    s.headers.append(name, value);
  }
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

void read_credentials(settings& s, const texts& t) {
  if (t.user.empty()) return;
  const auto colon = t.user.find(':');
  if (colon == t.user.npos) throw usage_error{"--user: no password; give USER:PASSWORD"};
  auto user = t.user.substr(0, colon);
  auto password = t.user.substr(colon + 1);
  if (t.digest)
    s.client.auth = http::digest_auth{std::move(user), std::move(password)};
  else
    s.client.auth = http::basic_auth{std::move(user), std::move(password)};
}

void read_connection(settings& s, const texts& t, const CLI::App& app) {
  auto& c = s.client;
  c.user_agent = "bight-get/0.1";
  c.decode = false;
  c.limits.max_body = std::numeric_limits<std::uint64_t>::max();
  c.limits.max_connections = c.limits.max_connections_per_host = s.jobs;
  c.timeouts.total = bight::forever;
  if (!t.timeout.empty()) c.timeouts.total = *read_duration(t.timeout);
  if (c.timeouts.total == nanoseconds::zero()) throw usage_error{"--timeout: must be greater than 0"};
  c.trust_environment = !t.no_proxy;
  if (!t.proxy.empty()) {
    // For loopback, too: that exception is for proxies that were not asked for.
    c.proxy = http::proxy_settings{t.proxy}.for_url(http::url{"http://host.invalid/"});
  }
  const bool tls = t.tls.insecure_skip_verify || app.count("--cacert") + app.count("--cert") != 0;
  if (tls) c.tls.emplace(t.tls);
  if (t.retries != 0) {
    bight::retry_policy policy;
    policy.attempts(t.retries + 1).backoff(std::chrono::milliseconds{500}, std::chrono::seconds{30});
    c.retries = std::move(policy);
  }
}

void check_outputs(const settings& s) {
  if (s.urls.size() > 1 && !s.output.empty())
    throw usage_error{"--output: there are several URLs; use --output-dir"};
  if (s.sha256.empty()) return;
  if (s.urls.size() > 1) throw usage_error{"--sha256: there are several URLs"};
  if (s.to_stdout()) throw usage_error{"--sha256: needs a file, not stdout"};
  const bool hex =
      std::all_of(s.sha256.begin(), s.sha256.end(), [](unsigned char c) { return std::isxdigit(c); });
  if (s.sha256.size() != 64 || !hex)
    throw usage_error{"--sha256: '" + s.sha256 + "' is not 64 hexadecimal digits"};
}

void convert(settings& s, const texts& t, const CLI::App& app) {
  if (t.urls.empty()) throw usage_error{"URL is required"};
  for (const auto& text : t.urls) {
    const bool has_scheme = text.find("://") != text.npos;
    auto parsed = http::url::parse(has_scheme ? text : "http://" + text);
    if (!parsed || !parsed->is_http() || (!has_scheme && parsed->has_credentials()))  // mailto:me@host
      throw usage_error{"'" + http::redacted(text) + "' is not an http:// or https:// URL"};
    s.urls.push_back(std::move(*parsed));
  }
  check_outputs(s);
  read_headers(s, t);
  read_body(s, t, app);
  read_credentials(s, t);
  read_connection(s, t, app);
}

}  // namespace

std::optional<int> read_command_line(int argc, char** argv, settings& s) {
  texts t;
  CLI::App app{"Downloads URLs: many at once, resumed where they broke off; or prints one.", "bight-get"};
  app.set_version_flag("--version", "bight-get 0.1.0");
  declare_options(app, s, t);
  try {
    app.parse(argc, argv);
    convert(s, t, app);
  } catch (const CLI::Success& e) { return app.exit(e); } catch (const CLI::ParseError& e) {
    return print_usage_error(e.what());
  } catch (const std::exception& e) { return print_usage_error(error_text(e)); }
  return std::nullopt;
}

}  // namespace get
