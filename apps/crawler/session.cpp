#include "session.hpp"

#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace crawler {
namespace {

namespace http = bight::http;

// The hosts that headers and credentials are for. A site with "www." in front is the same one.
class own_hosts {
 public:
  explicit own_hosts(const settings& s) {
    for (const auto& url : s.seeds) names_.emplace(name_of(url));
    for (const auto& url : s.sitemaps) names_.emplace(name_of(url));
  }
  bool contains(const http::url& url) const { return names_.contains(name_of(url)); }

 private:
  static std::string_view name_of(const http::url& url) {
    auto host = url.host();
    if (host.starts_with("www.")) host.remove_prefix(4);
    return host;
  }
  std::set<std::string, std::less<>> names_;
};

// The other hosts of a crawl, and those of links that are only checked, learn neither.
void introduce(const settings& s, http::client& client) {
  if (s.headers.empty() && !s.user) return;
  client.add_middleware([own = own_hosts{s}, headers = s.headers, user = s.user](
                            http::request& r, http::client_next next) -> bight::awaitable<http::response> {
    if (own.contains(r.url())) {
      for (const auto field : headers)
        if (!r.headers().contains(field.name)) r.headers().append(field.name, field.value);
      if (user && !r.auth() && !r.url().has_credentials()) r.set_auth(*user);
    }
    co_return co_await next(r);
  });
}

}  // namespace

void limit_rate(const settings& s, http::client& client) {
  if (!s.pace) return;
  client.add_middleware(
      [pace = s.pace](http::request& r, http::client_next next) -> bight::awaitable<http::response> {
        const auto waited_since = bight::clock::now();
        co_await pace->acquire();
        // Waiting is no part of the fetch.
        if (r.deadline() != bight::clock::time_point::max())
          r.set_deadline(r.deadline() + (bight::clock::now() - waited_since));
        co_return co_await next(r);
      });
}

bight::awaitable<http::client> make_client(settings& s) {
  if (!s.cookie_jar.empty()) {
    const bool exists = co_await bight::fs::exists(s.cookie_jar);
    if (exists) s.client.cookies = co_await http::cookie_jar::load(s.cookie_jar);
  }
  auto options = s.client;
  const auto usual = bight::crawl::client_options_for(s.crawl);
  options.user_agent = usual.user_agent;
  options.timeouts = usual.timeouts;
  options.limits = usual.limits;
  http::client client{std::move(options)};
  introduce(s, client);
  if (s.rate)
    s.pace =
        std::make_shared<bight::rate_limiter>(*s.rate, std::chrono::seconds{1}, bight::rate_limiter::evenly);
  limit_rate(s, client);
  co_return client;
}

bight::awaitable<void> save_cookies(const settings& s) {
  if (!s.cookie_jar.empty() && s.client.cookies) co_await s.client.cookies->save(s.cookie_jar);
}

}  // namespace crawler
