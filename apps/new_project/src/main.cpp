// new_service: queues letters that are posted to it over HTTP, and delivers them.
#include <bight/config.hpp>
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/logging.hpp>
#include <bight/net.hpp>
#include <bight/service.hpp>
#include <bight/service_http.hpp>
#include <functional>
#include <string>

#include "mailbox.hpp"
#include "routes.hpp"
#include "settings.hpp"

namespace {

namespace http = bight::http;
namespace logging = bight::logging;
namespace net = bight::net;

bight::awaitable<void> serve(const settings& chosen, logging::setup& log) {
  mailbox letters{chosen.max_letters, chosen.delivery_time};
  http::server server{make_routes(letters)};
  auto open = [where = net::endpoint::parse(chosen.listen).value()] { return net::listener{where}; };

  bight::service_host host;
  bight::admin_options admin;
  admin.log_level = logging::levels;
  admin.set_log_level = [](const std::string& text) { logging::set_levels(text); };
  host.add(bight::admin_endpoint{host, net::endpoint::parse(chosen.admin).value(), admin});
  host.add("mailbox", std::ref(letters)).depends_on("admin").restart();
  host.add("web", bight::as_service(server, open)).depends_on("mailbox");
  host.on_reload([&log] { log.reopen(); });
  co_await host.run();
}

}  // namespace

int main(int argc, char** argv) {
  bight::config::options from;
  from.program = "new_service";
  from.file = "new_service.toml";
  from.environment_prefix = "NEW_SERVICE";
  auto chosen = bight::config::from_main<settings>(argc, argv, from);
  if (!chosen) return chosen.exit_status();
  logging::setup_options to;
  to.output = chosen->log_file;
  logging::setup log{to};
  return bight::run_main(serve, std::cref(*chosen), std::ref(log));
}
