// bight-serve: serves a directory, or a generated site, over HTTP.
#include <CLI/CLI.hpp>
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

#include "../error_text.hpp"
#include "../log_to_stderr.hpp"
#include "demo_site.hpp"

namespace {

namespace http = bight::http;
namespace net = bight::net;

struct settings {
  std::string folder;
  bool demo = false;
  std::uint16_t port = 8080;
  std::string host = "127.0.0.1";
  std::uint32_t grace = 30;
  std::string certificate;
  std::string key;
};

// Lets open responses finish. A second signal does not get here: `run` ends the process.
bight::awaitable<void> stop(const settings& s, http::server& server, const bight::task<void>& serving) {
  server.stop(std::chrono::seconds{s.grace});
  constexpr std::chrono::milliseconds poll_interval{500};
  const bool done = co_await bight::move_on_after(
      poll_interval, [&]() -> bight::awaitable<void> { co_await bight::shield(serving); });
  if (!done) {
    std::cerr << "bight-serve: waiting for " << server.connections()
              << " connection(s) to finish; send the signal again to quit immediately" << std::endl;
  }
  co_await serving;
}

bight::awaitable<void> serve_until_stopped(const settings& s, const net::ip_address& address) {
  http::handler handler = serve::demo_site;
  if (!s.demo) handler = http::static_files{s.folder};
  http::server_options options;
  if (!s.certificate.empty()) {
    net::tls_server_options tls{s.certificate, s.key};
    tls.protocols = {"http/1.1"};
    options.tls = net::tls_server_context{tls};
  }
  const std::string scheme = options.tls ? "https" : "http";
  http::server server{std::move(handler), std::move(options)};
  net::listener listener{net::endpoint{address, s.port}};
  std::cout << scheme << "://" << listener.local_endpoint().to_string() << "/" << std::endl;
  const auto serving = bight::spawn([&] { return server.serve(std::move(listener)); });
  std::exception_ptr interrupt;
  try {
    co_await bight::shield(serving);
  } catch (const bight::cancelled_error&) { interrupt = std::current_exception(); }
  if (!interrupt) co_return;
  co_await stop(s, server, serving);
  std::rethrow_exception(interrupt);
}

int usage_error(const std::string& what) {
  std::cerr << "bight-serve: " << what << "\nTry 'bight-serve --help'.\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  settings s;
  CLI::App app{
      "Serves a directory over HTTP or HTTPS, or a generated site of 1,000 linked pages.\n"
      "Prints the URL and runs until interrupted.",
      "bight-serve"};
  app.set_version_flag("--version", "bight-serve 0.1.0");
  auto* const folder =
      app.add_option("DIR", s.folder, "Directory to serve; index.html is the default page")->option_text(" ");
  auto* const demo = app.add_flag("--demo", s.demo, "Serve the generated site")->option_text(" ");
  demo->excludes(folder);
  app.add_option("--port", s.port, "TCP port (default: 8080); 0 picks a free port")->option_text("PORT");
  app.add_option("--host", s.host, "IP address to listen on (default: 127.0.0.1)")->option_text("ADDRESS");
  app.add_option("--grace", s.grace, "Time allowed for open responses after SIGINT or SIGTERM (default: 30)")
      ->option_text("SECONDS");
  auto* const certificate =
      app.add_option("--cert", s.certificate, "PEM file with the certificate chain: serve over HTTPS")
          ->option_text("FILE");
  app.add_option("--key", s.key, "PEM file with the private key (default: the file of --cert)")
      ->option_text("FILE")
      ->needs(certificate);
  app.footer(
      "The first SIGINT or SIGTERM stops accepting connections and lets open responses finish; the second\n"
      "quits immediately.\n\n"
      "Exit status: 1 if the directory, address or certificate cannot be used, 2 usage error, 130 SIGINT, "
      "143 SIGTERM.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) { return app.exit(e); } catch (const CLI::ParseError& e) {
    return usage_error(e.what());
  }
  if (!s.demo && s.folder.empty()) return usage_error("give a directory or --demo");
  const auto address = net::ip_address::parse(s.host);
  if (!address) return usage_error("--host: '" + s.host + "' is not an IP address");
  log_to_stderr("bight-serve");
  try {
    bight::run(serve_until_stopped, s, *address);
    return 0;
  } catch (const bight::interrupt_error& e) { return 128 + e.signal(); } catch (const std::exception& e) {
    std::cerr << "bight-serve: " << error_text(e) << '\n';
    return 1;
  }
}
