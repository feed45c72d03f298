// admin_endpoint: health, readiness, metrics, tasks and log level of a service_host, over HTTP.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/router.hpp>
#include <bight/net/address.hpp>
#include <bight/service/host.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace bight {

/// What an admin_endpoint shows besides the services. Not an aggregate, so that it is safe in co_await
/// expressions.
class admin_options {
 public:
  admin_options() {}

  /// Further metrics in the Prometheus text format, such as metrics::text().
  std::function<std::string()> metrics;
  /// The log levels, as text, and a change of them by a POST: "debug", "http=warning". It throws
  /// std::invalid_argument, with a message for the client, if it does not understand the text.
  std::function<std::string()> log_level;
  std::function<void(const std::string& text)> set_log_level;
  /// Permissions of the file of a Unix domain socket.
  int unix_permissions = 0600;
};

/// The routes of an admin_endpoint, to be mounted in a server of your own. It does not check who asks.
///
/// | request           | response                                                                        |
/// |-------------------|---------------------------------------------------------------------------------|
/// | GET /health       | JSON: each service, its state and health; 503 if one is unhealthy                |
/// | GET /ready        | 200 if all services are ready and the program is not stopping; 503              |
/// | GET /metrics      | the Prometheus text format                                                      |
/// | GET /tasks        | the tasks of each service; with ?all of the whole loop                          |
/// | GET /log-level    | the log levels                                                                  |
/// | POST /log-level   | sets them; the body is the new level                                            |
/// | POST /reload      | as SIGHUP                                                                       |
/// | POST /stop        | as SIGTERM                                                                      |
///
/// POST requests need a header `X-Admin`, of any value, which web pages cannot send to other sites: otherwise
/// the response is 403. Lifetime: the host must outlive the routes.
[[nodiscard]] http::router admin_routes(service_host& host, admin_options options = {});

/// A service that serves admin_routes, for people and programs on this machine only.
///
///     bight::service_host host;
///     host.add(bight::admin_endpoint{host, net::endpoint::unix_path("/run/app/admin.sock")});
///
///     | $ curl --unix-socket /run/app/admin.sock http://localhost/health
///     | $ curl --unix-socket /run/app/admin.sock -H 'X-Admin: 1' -d debug http://localhost/log-level
///
/// Listens on a Unix domain socket, which only the user of the program may connect to, or on a loopback
/// address, where it responds only to requests for the hosts localhost, 127.0.0.1 and [::1] (421 otherwise,
/// against DNS rebinding). Services that depend on "admin" are stopped before it, so that their stop can be
/// watched. Errors: std::invalid_argument for other addresses.
class admin_endpoint {
 public:
  admin_endpoint(service_host& host, const net::endpoint& where, admin_options options = {});
  admin_endpoint(admin_endpoint&&) noexcept;
  ~admin_endpoint();

  std::string name() const { return "admin"; }
  void start();
  awaitable<void> run();
  void stop();
  /// The address with the actual port. Precondition: started.
  net::endpoint local_endpoint() const;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight
