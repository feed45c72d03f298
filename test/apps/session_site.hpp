// A site with a thread of its own, which remembers what it was sent.
#pragma once
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/site_thread.hpp"

namespace bight::test {

class session_site {
 public:
  struct visit {
    std::string path;  ///< And query.
    http::headers headers;
  };
  using answer = std::function<http::server_response(const visit&)>;

  explicit session_site(answer a, std::optional<net::tls_server_context> tls = {})
      : answer_(std::move(a)), server_(respond_to(), std::move(tls)) {}

  std::string port() const { return std::to_string(server_.where().port()); }
  /// By a name of loopback, or another that --resolve knows.
  std::string url(std::string_view path = "/", const std::string& host = "127.0.0.1") const {
    return (server_.secure() ? "https://" : "http://") + host + ':' + port() + std::string{path};
  }
  /// The requests so far, but for robots.txt.
  std::vector<visit> visits() const {
    const std::lock_guard hold{guard_};
    std::vector<visit> out;
    for (const auto& v : visits_)
      if (v.path != "/robots.txt") out.push_back(v);
    return out;
  }
  std::vector<std::string> paths() const {
    std::vector<std::string> out;
    for (const auto& v : visits()) out.push_back(v.path);
    return out;
  }

 private:
  http::handler respond_to() {
    return [this](http::server_request& r) -> awaitable<http::server_response> { co_return respond(r); };
  }
  http::server_response respond(const http::server_request& r) {
    visit v;
    v.path = r.path();
    if (!r.query().empty()) v.path.append("?").append(r.query());
    for (const auto field : r.headers()) v.headers.append(field.name, field.value);
    {
      const std::lock_guard hold{guard_};
      visits_.push_back(v);
    }
    return answer_(v);
  }

  answer answer_;
  mutable std::mutex guard_;
  std::vector<visit> visits_;
  site_thread server_;  // the last: it uses the others
};

/// A document; "" is 404.
inline http::server_response html_answer(const std::string& body) {
  if (body.empty()) return http::server_response{404};
  http::server_response response{200, body};
  response.headers().set("Content-Type", "text/html; charset=utf-8");
  return response;
}

}  // namespace bight::test
