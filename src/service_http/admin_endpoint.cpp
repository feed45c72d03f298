#include <bight/service_http/admin_endpoint.hpp>

#include <bight/core/introspect.hpp>
#include <bight/core/metrics.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/middleware/allowed_hosts.hpp>
#include <bight/http/problem.hpp>
#include <bight/http/server.hpp>
#include <bight/net/listener.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace bight {
namespace {

namespace json = boost::json;

http::server_response text_response(std::string text, http::status code = 200) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  http::server_response r{code, http::body{std::move(text)}};
  r.headers().set("Content-Type", "text/plain; charset=utf-8");
  r.headers().set("Cache-Control", "no-store");
  return r;
}

json::object describe_service(const service_status& s) {
  json::object o;
  o["name"] = s.name;
  o["state"] = to_string(s.state);
  o["seconds_in_state"] = std::chrono::duration<double>(clock::now() - s.since).count();
  o["ready"] = s.ready();
  o["healthy"] = s.health.healthy();
  if (!s.health.healthy()) o["reason"] = s.health.reason();
  o["restarts"] = s.restarts;
  if (!s.last_error.empty()) o["last_error"] = s.last_error;
  json::array needs;
  for (const auto& n : s.depends_on) needs.emplace_back(n);
  o["depends_on"] = std::move(needs);
  return o;
}

awaitable<http::server_response> show_health(service_host& host) {
  const auto all = co_await host.check();
  bool healthy = true;
  json::array services;
  for (const auto& s : all) {
    healthy = healthy && s.health.healthy();
    services.push_back(describe_service(s));
  }
  json::object report;
  report["status"] = healthy ? "healthy" : "unhealthy";
  report["stopping"] = host.stopping();
  report["services"] = std::move(services);
  http::server_response r{healthy ? 200 : 503, http::body{json::serialize(report) + '\n'}};
  r.headers().set("Content-Type", "application/json");
  r.headers().set("Cache-Control", "no-store");
  co_return r;
}

http::server_response show_ready(const service_host& host) {
  if (host.stopping()) return text_response("stopping", 503);
  return host.ready() ? text_response("ready") : text_response("not ready", 503);
}

http::server_response show_metrics(const service_host& host, const admin_options& options) {
  metrics own;
  for (const auto& s : host.status()) {
    own.add_gauge("bight_service_ready", "Whether the service is ready.", {{"service", s.name}})
        .set(s.ready());
    own.add_counter("bight_service_restarts_total", "Restarts after failures.", {{"service", s.name}})
        .add(s.restarts);
  }
  auto r = text_response(own.text() + (options.metrics ? options.metrics() : std::string{}));
  r.headers().set("Content-Type", metrics::content_type);
  return r;
}

awaitable<http::server_response> change_log_level(http::server_request& request,
                                                  const admin_options& options) {
  if (!options.set_log_level) throw http::problem{404, "log levels cannot be set in this program"};
  auto text = co_await request.text();
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  std::optional<std::string> wrong;
  try {
    options.set_log_level(text);
  } catch (const std::invalid_argument& e) { wrong = e.what(); }
  if (wrong) throw http::problem{400, *wrong};
  co_return text_response(options.log_level ? options.log_level() : text);
}

// Web pages can send forms and simple requests to other sites, but no such header without being asked first.
awaitable<http::server_response> require_header(http::server_request& request, http::next next) {
  if (request.method() == http::method::post && !request.headers().contains("X-Admin"))
    throw http::problem{403, "changes need a header X-Admin"};
  return next(request);
}

}  // namespace

http::router admin_routes(service_host& host, admin_options options) {
  const auto shared = std::make_shared<const admin_options>(std::move(options));
  http::router routes;
  routes.add_middleware(require_header);
  routes.get("/health", [&host] { return show_health(host); });
  routes.get("/ready", [&host] { return show_ready(host); });
  routes.get("/metrics", [&host, shared] { return show_metrics(host, *shared); });
  routes.get("/tasks", [&host](http::server_request& request) {
    return text_response(request.query() == "all" ? dump_tasks() : host.dump_tasks());
  });
  routes.get("/log-level", [shared] {
    if (!shared->log_level) throw http::problem{404, "this program does not show its log levels"};
    return text_response(shared->log_level());
  });
  routes
      .post("/log-level",
            [shared](http::server_request& request) { return change_log_level(request, *shared); })
      .max_body(1024);
  routes.post("/reload", [&host] {
    host.reload();
    return text_response("reloading", 202);
  });
  routes.post("/stop", [&host] {
    host.stop();
    return text_response("stopping", 202);
  });
  return routes;
}

class admin_endpoint::impl {
 public:
  impl(service_host& host, const net::endpoint& where, admin_options options)
      : where_(where),
        permissions_(options.unix_permissions),
        server_(protect(where, admin_routes(host, std::move(options)))) {}

  void start() {
    net::listen_options options;
    options.unix_permissions = permissions_;
    listener_.emplace(where_, options);
    bound_ = listener_->local_endpoint();
  }
  awaitable<void> run() {
    auto mine = std::move(*listener_);
    listener_.reset();
    co_await server_.serve(std::move(mine));
  }
  void stop() { server_.stop(std::chrono::seconds{5}); }
  net::endpoint bound() const { return bound_; }

 private:
  static http::handler protect(const net::endpoint& where, http::router routes) {
    if (!where.is_ip()) return http::handler{std::move(routes)};
    std::vector<http::middleware> around;
    around.push_back(http::allowed_hosts({"localhost", "127.0.0.1", "[::1]"}));
    return http::compose(std::move(around), http::handler{std::move(routes)});
  }

  net::endpoint where_;
  int permissions_;
  http::server server_;
  std::optional<net::listener> listener_;
  net::endpoint bound_;
};

admin_endpoint::admin_endpoint(service_host& host, const net::endpoint& where, admin_options options) {
  if (where.is_ip() && !where.address().is_loopback())
    throw std::invalid_argument("bight: admin_endpoint: " + where.to_string() +
                                " is neither a loopback address nor a Unix domain socket");
  impl_ = std::make_unique<impl>(host, where, std::move(options));
}
admin_endpoint::admin_endpoint(admin_endpoint&&) noexcept = default;
admin_endpoint::~admin_endpoint() = default;

void admin_endpoint::start() { impl_->start(); }
awaitable<void> admin_endpoint::run() { return impl_->run(); }
void admin_endpoint::stop() { impl_->stop(); }
net::endpoint admin_endpoint::local_endpoint() const { return impl_->bound(); }

}  // namespace bight
