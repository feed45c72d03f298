// bight-serve: serves a directory, or a generated site, over HTTP.
#include <atomic>
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../error_text.hpp"
#include "../log_to_stderr.hpp"
#include "settings.hpp"
#include "site.hpp"

namespace {

namespace http = bight::http;
namespace net = bight::net;

net::tls_server_options tls_options_of(const serve::settings& s) {
  net::tls_server_options options{s.certificate, s.key};
  options.protocols = {"http/1.1"};
  if (s.self_signed) {
    std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
    const auto host = s.where.address().to_string();
    if (host != names[1] && host != names[2]) names.push_back(host);
    auto own = net::make_self_signed(names);
    options.certificate_pem = std::move(own.certificate_pem);
    options.key_pem = std::move(own.key_pem);
  }
  return options;
}

// On SIGHUP. What cannot be read again stays in use.
bight::awaitable<void> reload(const serve::settings& s, serve::site& site,
                              std::optional<net::tls_server_context> tls) {
  const auto attempt = [](const auto& job) {
    try {
      job();
    } catch (const std::exception& e) { std::cerr << "bight-serve: SIGHUP: " << error_text(e) << std::endl; }
  };
  bight::signals hang_up{SIGHUP};
  while (true) {
    co_await hang_up.next();
    if (site.log()) attempt([&] { site.log()->reopen(); });
    if (s.certificate.empty()) continue;
    attempt([&] {
      tls->reload(tls_options_of(s));
      std::cerr << "bight-serve: SIGHUP: the certificate has been read again" << std::endl;
    });
  }
}

void print_urls(const serve::settings& s, const std::vector<net::endpoint>& bound) {
  for (const auto& where : bound) {
    if (where.is_ip())
      std::cout << (s.tls() ? "https://" : "http://") << where.to_string() << "/" << std::endl;
    else
      std::cout << where.to_string() << std::endl;
  }
}

void print_connections(std::size_t count) {
  std::cerr << "bight-serve: waiting for " + std::to_string(count) +
                   " connection(s) to finish; send the signal again to quit immediately\n"
            << std::flush;
}

// What run_server says about an error is the error of this program.
void print_errors_of_the_server() {
  auto others = bight::set_log_handler({});
  bight::set_log_handler([others = std::move(others)](bight::log_level level, std::string_view message) {
    constexpr std::string_view prefix = "bight: http::run_server: ";
    if (message.starts_with(prefix))
      std::cerr << "bight-serve: " << message.substr(prefix.size()) << std::endl;
    else
      others(level, message);
  });
}

int run(const serve::settings& s) {
  serve::site site{s};
  http::run_server_options options{s.where};
  options.threads = s.threads;
  options.stop_timeout = s.grace;
  if (s.tls()) options.server.tls = net::tls_server_context{tls_options_of(s)};
  options.on_ready = [&s](const std::vector<net::endpoint>& bound) { print_urls(s, bound); };
  options.on_slow_stop = print_connections;
  const auto tls = options.server.tls;
  const bool reloads = !s.certificate.empty() || (site.log() && s.log != "-");
  const auto begun = std::make_shared<std::atomic<bool>>(!reloads);
  return http::run_server(std::move(options), [&s, &site, tls, begun] {
    if (!begun->exchange(true)) bight::spawn([&s, &site, tls] { return reload(s, site, tls); }).detach();
    return site.make_handler();
  });
}

}  // namespace

int main(int argc, char** argv) {
  serve::settings s;
  if (const auto status = serve::read_command_line(argc, argv, s)) return *status;
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe of the log is a write error
  log_to_stderr("bight-serve");
  print_errors_of_the_server();
  try {
    return run(s);
  } catch (const std::exception& e) {
    std::cerr << "bight-serve: " << error_text(e) << '\n';
    return 1;
  }
}
