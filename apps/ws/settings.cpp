#include "settings.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "../connection_options.hpp"
#include "../duration.hpp"
#include "../usage.hpp"

namespace ws {
namespace {

// What is checked and converted once everything has been read.
struct texts {
  std::string url;
  std::string timeout;
  std::string wait;
  std::string ping;
  bool compress = false;
  connection_options connection;
};

void declare_messages(CLI::App& app, settings& s, texts& t) {
  app.option_defaults()->group("Message options");
  auto* const group = &app;
  group->add_flag("-b,--binary", s.binary, "Send lines as binary messages instead of text");
  group->add_flag("-r,--no-input", s.no_input, "Do not read stdin; only receive");
  group->add_option("-n,--messages", s.max_messages, "Close after N received messages")
      ->check(whole_number(1))
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
  app.option_defaults()->group("Connection options");
  auto* const group = &app;
  t.connection.declare_headers(*group);
  group
      ->add_option("-s,--subprotocol", s.subprotocols,
                   "Offer a subprotocol, the preferred one first; repeatable")
      ->allow_extra_args(false)
      ->option_text("NAME");
  group->add_flag("-c,--compress", t.compress, "Offer compression (permessage-deflate)");
  t.connection.declare_credentials(*group);
  group->add_option("--timeout", t.timeout, "Timeout for the connection and handshake (default: 30s)")
      ->check(check_duration)
      ->option_text("DURATION");
  t.connection.declare_connection(*group);
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

void read_connection(settings& s, const texts& t) {
  auto& c = s.client;
  c.user_agent = "bight-ws/0.1";
  c.timeouts.total = t.timeout.empty() ? std::chrono::seconds{30} : *read_duration(t.timeout);
  if (c.timeouts.total == std::chrono::nanoseconds::zero())
    throw usage_error{"--timeout: must be greater than 0"};
  t.connection.apply(c);
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
  s.headers = t.connection.headers();
  for (const auto& name : s.subprotocols)
    if (!http::is_token(name)) throw usage_error{"--subprotocol: '" + name + "' is not the name of one"};
  read_connection(s, t);
  read_messages(s, t);
}

}  // namespace

std::optional<int> read_command_line(int argc, char** argv, settings& s) {
  texts t;
  CLI::App app{"A WebSocket in the terminal: sends lines, and prints messages.", "bight-ws"};
  app.set_version_flag("--version", "bight-ws 0.1.0");
  declare_options(app, s, t);
  return read_arguments(app, argc, argv, [&] { convert(s, t); });
}

}  // namespace ws
