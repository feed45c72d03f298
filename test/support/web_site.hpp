// A web site in the loop of a test, which remembers what it was asked.
#pragma once
#include <algorithm>
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/task.hpp>
#include <bight/http/server.hpp>
#include <bight/net/listener.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::test {

/// Serves pages on loopback while it lives. What it does not have is 404; the path counts without the query.
class web_site {
 public:
  using answer = std::function<awaitable<http::server_response>(http::server_request&)>;
  struct visit {
    std::string path;  ///< And query.
    std::string user_agent;
    clock::time_point at;
  };

  web_site() : state_(std::make_shared<state>()) { serving_ = spawn(&serve, state_); }
  web_site(const web_site&) = delete;
  web_site& operator=(const web_site&) = delete;
  ~web_site() { serving_.cancel(); }

  /// An HTML document.
  void page(const std::string& path, std::string body) {
    file(path, "text/html; charset=utf-8", std::move(body));
  }
  void file(const std::string& path, std::string type, std::string body, int status = 200) {
    add(path,
        [type = std::move(type), body = std::move(body),
         status](http::server_request&) -> awaitable<http::server_response> {
          http::server_response r{status, body};
          r.headers().set(http::header_id::content_type, type);
          co_return r;
        });
  }
  void redirect(const std::string& path, std::string location, int status = 302) {
    add(path,
        [location = std::move(location), status](http::server_request&) -> awaitable<http::server_response> {
          http::server_response r{status, "moved\n"};
          r.headers().set(http::header_id::location, location);
          co_return r;
        });
  }
  void robots(std::string text) { file("/robots.txt", "text/plain", std::move(text)); }
  void add(const std::string& path, answer a) { state_->answers[path] = std::move(a); }
  /// What answers where there is nothing else.
  void fallback(answer a) { state_->fallback = std::move(a); }

  std::string url(std::string_view path = "/") const { return "http://" + authority() + std::string{path}; }
  std::string authority() const { return "127.0.0.1:" + std::to_string(state_->where.port()); }

  const std::vector<visit>& visits() const noexcept { return state_->visits; }
  std::size_t visits_of(std::string_view path) const {
    return static_cast<std::size_t>(
        std::count_if(visits().begin(), visits().end(), [&](const visit& v) { return v.path == path; }));
  }
  /// Every path that was asked for, but robots.txt, sorted, as often as it was.
  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& v : visits())
      if (v.path != "/robots.txt") all.push_back(v.path);
    std::sort(all.begin(), all.end());
    return all;
  }
  /// The most requests that were answered at a time.
  std::size_t most_at_once() const noexcept { return state_->most; }

 private:
  struct state {
    state() : listener(net::endpoint{net::ip_address::loopback(), 0}), where(listener.local_endpoint()) {}
    net::listener listener;
    net::endpoint where;
    std::map<std::string, answer, std::less<>> answers;
    answer fallback;
    std::vector<visit> visits;
    std::size_t now = 0;
    std::size_t most = 0;
  };

  static awaitable<void> serve(std::shared_ptr<state> s) {
    http::server server{[&s](http::server_request& r) { return respond(*s, r); }};
    co_await server.serve(std::move(s->listener));
  }
  static awaitable<http::server_response> respond(state& s, http::server_request& r) {
    struct counted {
      state& s;
      explicit counted(state& of) : s(of) { s.most = std::max(s.most, ++s.now); }
      ~counted() { --s.now; }
    } const one{s};
    visit v{std::string{r.path()}, std::string{r.headers().get("user-agent").value_or("")}, clock::now()};
    if (!r.query().empty()) v.path.append("?").append(r.query());
    s.visits.push_back(std::move(v));
    const auto found = s.answers.find(r.path());
    const auto chosen = found != s.answers.end() ? found->second : s.fallback;
    if (!chosen) co_return http::server_response{404, "no such page\n"};
    auto made = chosen(r);
    co_return co_await std::move(made);
  }

  std::shared_ptr<state> state_;
  task<void> serving_;
};

}  // namespace bight::test
