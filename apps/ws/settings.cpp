#include "settings.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <stdexcept>
#include <utility>

#include "../duration.hpp"
#include "../error_text.hpp"

namespace ws {
namespace {

// What is checked and converted once everything has been read.
struct texts {
  std::string url;
  std::vector<std::string> headers;
  std::string user;
  std::string proxy;
  std::string timeout;
  std::string wait;
  std::string ping;
  bool no_proxy = false;
  bool compress = false;
  bight::net::tls_client_options tls;
};

struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

int print_usage_error(const std::string& what) {
  std::cerr << "bight-ws: " << what << "\nTry 'bight-ws --help'.\n";
  return 2;
}

void declare_messages(CLI::App& app, settings& s, texts& t) {
  auto* const group = app.add_option_group("Message options");
  group->add_flag("-b,--binary", s.binary, "Send lines as binary messages instead of text");
  group->add_flag("-r,--no-input", s.no_input, "Do not read stdin; only receive");
  group->add_option("-n,--messages", s.max_messages, "Close after N received messages")
      ->check(CLI::PositiveNumber)
      ->option_text("N");
  group
      ->add_option("-w,--wait", t.wait,
                   "Close when, after the end of stdin, nothing was received for so long (default: 1s)")
      ->check(check_duration)
      ->option_text("DURATION");
  group
      ->add_option("-p,--ping", t.ping,
                   "Send a ping at this interval, and print statistics of the round trips to stderr")
      ->check(check_duration)
      ->option_text("DURATION");
  group->add_flag("-v,--verbose", s.verbose, "Print how the connection begins and ends to stderr");
}

void declare_connection(CLI::App& app, settings& s, texts& t) {
  auto* const group = app.add_option_group("Connection options");
  group->add_option("-H,--header", t.headers, "Add a header to the handshake; repeatable")
      ->allow_extra_args(false)
      ->option_text("'NAME: VALUE'");
  group
      ->add_option("-s,--subprotocol", s.subprotocols,
                   "Offer a subprotocol, the preferred one first; repeatable")
      ->allow_extra_args(false)
      ->option_text("NAME");
  group->add_flag("-c,--compress", t.compress, "Offer compression (permessage-deflate)");
  group->add_option("-u,--user", t.user, "User name and password")->option_text("USER:PASSWORD");
  group->add_option("--timeout", t.timeout, "Timeout for the connection and handshake (default: 30s)")
      ->check(check_duration)
      ->option_text("DURATION");
  group->add_flag("-k,--insecure", t.tls.insecure_skip_verify, "Do not verify certificates");
  group->add_option("--cacert", t.tls.ca_file, "PEM file with the certificates to trust")
      ->option_text("FILE");
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
  app.add_option("URL", t.url, "ws:// or wss:// URL")->option_text(" ");
  declare_messages(app, s, t);
  declare_connection(app, s, t);
  app.footer(
      "Each line of stdin is sent as a message, without its line end. Each message that is received is "
      "printed\n"
      "to stdout, with a line end behind it. The connection is closed with code 1000 after the end of "
      "stdin,\n"
      "after --messages, and by Ctrl-C.\n\n"
      "Durations: 250ms, 1.5s, 2m, 1h.\n\n"
      "Exit status: 0 the connection was closed cleanly (1000, 1001, or no code); 1 it could not be made, "
      "was\n"
      "lost, or was closed with another code; 2 usage error; 130 SIGINT; 143 SIGTERM.\n\n"
      "Examples: bight-ws wss://example.org/chat\n"
      "          echo hello | bight-ws ws://localhost:8080/echo\n"
      "          bight-ws --no-input -H 'Authorization: Bearer TOKEN' wss://example.org/prices >prices.log");
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
  for (const auto& name : s.subprotocols)
    if (!http::is_token(name)) throw usage_error{"--subprotocol: '" + name + "' is not the name of one"};
}

void read_credentials(settings& s, const texts& t) {
  if (t.user.empty()) return;
  const auto colon = t.user.find(':');
  if (colon == t.user.npos) throw usage_error{"--user: no password; give USER:PASSWORD"};
  s.client.auth = http::basic_auth{t.user.substr(0, colon), t.user.substr(colon + 1)};
}

void read_connection(settings& s, const texts& t) {
  auto& c = s.client;
  c.user_agent = "bight-ws/0.1";
  c.timeouts.total = t.timeout.empty() ? std::chrono::seconds{30} : *read_duration(t.timeout);
  if (c.timeouts.total == std::chrono::nanoseconds::zero())
    throw usage_error{"--timeout: must be greater than 0"};
  c.trust_environment = !t.no_proxy;
  // For loopback, too: that exception is for proxies that were not asked for.
  if (!t.proxy.empty()) c.proxy = http::proxy_settings{t.proxy}.for_url(http::url{"http://host.invalid/"});
  if (t.tls.insecure_skip_verify || !t.tls.ca_file.empty()) c.tls.emplace(t.tls);
  if (t.compress) s.socket.deflate.emplace();
  s.socket.close_timeout = std::chrono::seconds{5};
}

void read_messages(settings& s, const texts& t) {
  if (!t.wait.empty()) s.wait = *read_duration(t.wait);
  if (t.ping.empty()) return;
  s.ping = *read_duration(t.ping);
  if (*s.ping == std::chrono::nanoseconds::zero()) throw usage_error{"--ping: must be greater than 0"};
}

void convert(settings& s, const texts& t) {
  if (t.url.empty()) throw usage_error{"URL is required"};
  auto parsed = http::url::parse(t.url);
  if (!parsed || (parsed->scheme() != "ws" && parsed->scheme() != "wss"))
    throw usage_error{"'" + http::redacted(t.url) + "' is not a ws:// or wss:// URL"};
  s.url = std::move(*parsed);
  read_headers(s, t);
  read_credentials(s, t);
  read_connection(s, t);
  read_messages(s, t);
}

}  // namespace

std::optional<int> read_command_line(int argc, char** argv, settings& s) {
  texts t;
  CLI::App app{"A WebSocket in the terminal: sends lines, and prints messages.", "bight-ws"};
  app.set_version_flag("--version", "bight-ws 0.1.0");
  declare_options(app, s, t);
  try {
    app.parse(argc, argv);
    convert(s, t);
  } catch (const CLI::Success& e) { return app.exit(e); } catch (const CLI::ParseError& e) {
    return print_usage_error(e.what());
  } catch (const std::exception& e) { return print_usage_error(error_text(e)); }
  return std::nullopt;
}

}  // namespace ws
