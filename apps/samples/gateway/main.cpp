// gateway: a reverse proxy for several backends of one service.
//
// Pattern: microservices. Health checks take backends out and back in; requests go to the least busy one;
// a slow read gets a second attempt elsewhere (hedge), a failed one a retry within a budget; the rate of each
// client and the number of requests in progress are limited; bodies are streamed both ways.
//
//     gateway PORT http://10.0.0.1:9000 http://10.0.0.2:9000 ...
//     curl http://localhost:8080/gateway/status
#include <algorithm>
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/http/json.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace http = bight::http;
namespace net = bight::net;
using namespace std::chrono_literals;

struct settings {
  std::vector<http::url> backends;
  std::string health_path = "/health";
  std::chrono::milliseconds health_interval = 2s;
  std::chrono::milliseconds hedge_after = 200ms;  // a delay that few responses exceed
  std::size_t max_in_progress = 1000;
  std::uint32_t requests_per_minute = 6000;  // of one client address
};

struct backend {
  std::string url;
  bool healthy = true;
  std::size_t active = 0;
  std::uint64_t served = 0;
  std::uint64_t failed = 0;
};
BOOST_DESCRIBE_STRUCT(backend, (), (url, healthy, active, served, failed))

struct gateway_status {
  std::vector<backend> backends;
  std::uint64_t hedged = 0;
  std::uint64_t retried = 0;
  std::uint64_t refused = 0;
};
BOOST_DESCRIBE_STRUCT(gateway_status, (), (backends, hedged, retried, refused))

// Whether a comma-separated list contains the name.
bool lists(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    auto item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(item.size() + 1, list.size()));
    item.remove_prefix(std::min(item.find_first_not_of(" \t"), item.size()));
    item = item.substr(0, item.find_last_not_of(" \t") + 1);
    if (http::equal_ignoring_case(item, name)) return true;
  }
  return false;
}

// Without the fields of one connection (RFC 9110 7.6.1) and those that our client makes itself.
http::headers end_to_end(const http::headers_view& received) {
  constexpr std::string_view dropped =
      "Connection,Keep-Alive,Proxy-Authenticate,Proxy-Authorization,TE,Trailer,Transfer-Encoding,Upgrade,"
      "Host,Content-Length,Expect";
  const auto listed = received.get("Connection").value_or("");
  http::headers passed;
  for (const auto& [name, value] : received)
    if (!lists(dropped, name) && !lists(listed, name)) passed.append(name, value);
  return passed;
}

// The body of a request, read as it is forwarded.
class request_source final : public bight::byte_source {
 public:
  explicit request_source(http::server_request& r) : request_(&r) {}
  bight::awaitable<std::size_t> read_some(std::span<std::byte> buffer) override {
    return request_->read_some(buffer);
  }

 private:
  http::server_request* request_;
};

class gateway {
 public:
  gateway(settings s, http::client client)
      : settings_(std::move(s)), client_(std::move(client)), in_progress_(settings_.max_in_progress) {
    for (const auto& url : settings_.backends) status_.backends.push_back({.url = origin_of(url)});
  }

  const gateway_status& status() const { return status_; }
  std::uint32_t requests_per_minute() const { return settings_.requests_per_minute; }

  // Asks all backends how they are, again and again.
  bight::awaitable<void> check_health() {
    while (true) {
      std::vector<std::size_t> all;
      for (std::size_t i = 0; i != status_.backends.size(); ++i) all.push_back(i);
      co_await bight::map_concurrent(all, 16, [this](std::size_t i) { return check(i); });
      co_await bight::sleep(settings_.health_interval);
    }
  }

  bight::awaitable<http::server_response> forward(http::server_request& request) {
    const auto permit = in_progress_.try_acquire();
    if (!permit) {
      ++status_.refused;
      throw http::problem{503, "too many requests in progress"}.header("Retry-After", "1");
    }
    if (!request.target().starts_with('/')) throw http::problem{400, "the target must be a path"};
    const bool repeatable = request.method().is_safe() && request.body_size().value_or(0) == 0;
    auto answer = repeatable ? send_repeatable(request) : send(request, false);
    auto response = co_await std::move(answer);
    auto passed = end_to_end(response.headers().view());
    const auto code = response.status();
    http::server_response out{code, body_of(std::move(response))};
    out.headers() = std::move(passed);
    co_return out;
  }

 private:
  // Without a slash at its end, so that a target can follow. A target of "//host/" stays a path.
  static std::string origin_of(const http::url& url) {
    return std::string{url.scheme()} + "://" + std::string{url.host_and_port()};
  }

  // A request in progress at a backend.
  class visit {
   public:
    explicit visit(backend& b) : backend_(&b) { ++b.active; }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    ~visit() { --backend_->active; }

   private:
    backend* backend_;
  };

  static http::body body_of(http::response response) {
    if (response.status().forbids_body()) return {};
    const auto size = response.headers().get("Content-Length");
    std::optional<std::uint64_t> known;
    if (size) known = std::stoull(std::string{*size});
    return http::body::from(std::move(response), known);
  }

  bight::awaitable<void> check(std::size_t i) {
    bool good = false;
    try {
      auto answer = co_await client_.get(status_.backends[i].url + settings_.health_path).timeout(1s);
      good = answer.status().is_success();
      co_await answer.drain();
    } catch (const boost::system::system_error&) {}
    status_.backends[i].healthy = good;
  }

  // The least busy of the healthy ones; if none is, of all: a wrong health check must not end the service.
  std::size_t choose() {
    const bool any = std::any_of(status_.backends.begin(), status_.backends.end(),
                                 [](const backend& b) { return b.healthy; });
    std::size_t best = status_.backends.size();
    for (std::size_t step = 0; step != status_.backends.size(); ++step) {
      const auto i = (next_ + step) % status_.backends.size();
      if (any && !status_.backends[i].healthy) continue;
      if (best == status_.backends.size() || status_.backends[i].active < status_.backends[best].active)
        best = i;
    }
    next_ = best + 1;
    return best;
  }

  // The first attempt, a second one if it is slow, and another one if it failed and the budget allows it.
  bight::awaitable<http::response> send_repeatable(http::server_request& request) {
    budget_.deposit();
    bool first = true;
    auto attempt = [&] {
      if (!std::exchange(first, false)) ++status_.hedged;
      return send(request, true);
    };
    try {
      co_return co_await bight::hedge(settings_.hedge_after, 2, attempt);
    } catch (const boost::system::system_error& e) {
      if (e.code() != bight::transient || !budget_.withdraw()) throw;
    }
    ++status_.retried;
    co_return co_await send(request, false);
  }

  // `strict`: a temporary status is an error.
  bight::awaitable<http::response> send(http::server_request& request, bool strict) {
    auto& chosen = status_.backends[choose()];
    const visit here{chosen};
    auto outgoing = client_.request(request.method(), chosen.url + std::string{request.target()});
    outgoing.headers(end_to_end(request.headers())).decode(false).max_redirects(0).retry(false);
    outgoing.header("X-Forwarded-For", request.remote_endpoint().address().to_string());
    outgoing.header("X-Forwarded-Host", request.authority());
    if (request.body_size() != 0)
      outgoing.body(http::body::from(std::make_unique<request_source>(request), request.body_size()));
    try {
      auto response = co_await std::move(outgoing);
      ++chosen.served;
      if (strict && response.status().is_temporary()) response.raise_for_status();
      co_return response;
    } catch (const boost::system::system_error&) {
      ++chosen.failed;
      throw;
    }
  }

  settings settings_;
  http::client client_;
  bight::semaphore in_progress_;
  bight::retry_budget budget_;
  gateway_status status_;
  std::size_t next_ = 0;
};

// What a client is told when no backend has answered.
bight::awaitable<http::server_response> forward(std::shared_ptr<gateway> proxy,
                                                http::server_request& request) {
  try {
    co_return co_await proxy->forward(request);
  } catch (const bight::timeout_error&) {
    throw http::problem{504, "the backend did not answer in time"};
  } catch (const http::status_error& e) {
    throw http::problem{e.status(), "all attempts failed"};
  } catch (const boost::system::system_error& e) {
    bight::log(bight::log_level::warning, std::string{"gateway: "} + e.what());
    throw http::problem{502, "no backend answered"};
  }
}

http::router make_site(std::shared_ptr<gateway> proxy) {
  http::rate_limit_options limit;
  limit.requests = proxy->requests_per_minute();
  http::router site;
  site.get("/gateway/status", [proxy] { return http::json_response(proxy->status()); });
  site.any("/{path:path}", [proxy](http::server_request& r) { return forward(proxy, r); })
      .add_middleware(http::rate_limit(std::move(limit)));
  return site;
}

#ifndef GATEWAY_TEST
int main(int count, char** arguments) {
  settings s;
  for (int i = 2; i < count; ++i)
    if (auto url = http::url::parse(arguments[i])) s.backends.push_back(*std::move(url));
  if (count < 3 || s.backends.size() != static_cast<std::size_t>(count) - 2) {
    std::cerr << "usage: gateway PORT URL...\n";
    return 2;
  }
  const net::endpoint where{net::ip_address::loopback(), static_cast<std::uint16_t>(std::atoi(arguments[1]))};
  http::run_server_options options{where};
  options.on_ready = [](const std::vector<net::endpoint>& bound) {
    std::cout << "http://" << bound.front().to_string() << "/gateway/status" << std::endl;
  };
  return http::run_server(std::move(options), [s] {
    const auto proxy = std::make_shared<gateway>(s, http::client{});
    bight::spawn([proxy] { return proxy->check_health(); }).detach();
    return make_site(proxy);
  });
}
#endif
